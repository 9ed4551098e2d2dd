package service

// Break has everything that d is to write fail from now on.
func Break(d *Disk) { _ = d.db.Close() }
