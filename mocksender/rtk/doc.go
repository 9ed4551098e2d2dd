// Package rtk holds the words of the RealtimeKit webhook protocol: the event
// types, the header names, the signature and the key document.
//
// Nothing here sends, listens or waits. The package imports the standard
// library only, and every fact in it is stated by Cloudflare's webhook guide
// unless its comment says otherwise.
package rtk
