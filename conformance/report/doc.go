// Package report writes the account of a run: text and a page of HTML for
// people, JSON for programs, JUnit XML and TAP for build servers, Markdown for
// pull requests, annotations for GitHub Actions, a badge. What is judged, and
// how, is decided below; nothing here changes a verdict.
//
// Two rules hold for every format. What a target sent is hostile: it reaches
// no terminal, page or parser before what is special there has been escaped.
// And secrets (userinfo and query values of URLs, the values of secret header
// fields) are replaced by "(redacted)", also where a target echoes them. A
// status other than pass is never shown so that it could be taken for one.
package report
