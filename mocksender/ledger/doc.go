// Package ledger counts what became of deliveries: accepted at once, accepted
// late, lost, exhausted, not tried. It keeps the worst of them and a timeline in
// bounded memory.
package ledger
