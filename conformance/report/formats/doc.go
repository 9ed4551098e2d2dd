// Package formats lists the forms in which a report can be written, and holds
// those for build servers, pull requests and other tools. In all of them, what
// a target sent is escaped before it reaches a terminal, page or parser, and no
// status other than pass is shown in a way that could be taken for a pass.
package formats
