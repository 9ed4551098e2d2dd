package refusal

import "time"

// budget bounds the time of all probes together, for a target that answers.
const budget = 2 * time.Second
