package store

// Break makes all writes of d fail from now on.
func Break(d *Disk) { _ = d.db.Close() }
