package artifacts

// source is everything that the content of an artifact depends on.
type source struct {
	token   string
	meeting Meeting // zero unless described
	baseURL string  // of links to the server, without a final slash
}
