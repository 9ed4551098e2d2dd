package scenarios

// MaxInteractive is how many events an interactive meeting has.
const MaxInteractive = maxInteractive
