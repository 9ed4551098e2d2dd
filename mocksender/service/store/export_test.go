package store

// Break makes all writes of d fail from now on.
func Break(d *Disk) { _ = d.db.Close() }

// OpenDiskAtOnce is OpenDisk where nobody else can be writing to the file.
func OpenDiskAtOnce(dir string) (*Disk, error) { return openDisk(dir, 0, 0, 0) }
