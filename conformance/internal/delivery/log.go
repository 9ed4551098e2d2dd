package delivery

import (
	"slices"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
)

// Log keeps every exchange of a run, and the ledger of the genuine ones.
type Log struct {
	mu        sync.Mutex
	ledger    *ledger.Ledger
	exchanges map[exchange.Kind][]*exchange.Exchange
}

func newLog() *Log {
	return &Log{ledger: ledger.New(ledger.Options{}), exchanges: map[exchange.Kind][]*exchange.Exchange{}}
}

func (l *Log) add(x *exchange.Exchange) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if x.Kind == exchange.Genuine {
		l.ledger.Add(x.Receipt)
	}
	l.exchanges[x.Kind] = append(l.exchanges[x.Kind], x)
}

// disregard takes x out of all accounts.
func (l *Log) disregard(x *exchange.Exchange) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.exchanges[x.Kind] = slices.DeleteFunc(l.exchanges[x.Kind], func(other *exchange.Exchange) bool { return other == x })
	l.ledger = ledger.New(ledger.Options{})
	for _, genuine := range l.exchanges[exchange.Genuine] {
		l.ledger.Add(genuine.Receipt)
	}
}

// Exchanges returns the exchanges of some kinds so far, one kind after the other.
func (l *Log) Exchanges(kinds ...exchange.Kind) []*exchange.Exchange {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []*exchange.Exchange
	for _, k := range kinds {
		out = append(out, l.exchanges[k]...)
	}
	return out
}

// Ledger returns the account of the genuine deliveries.
func (l *Log) Ledger() ledger.Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ledger.Snapshot()
}

// LastReached returns the last exchange of all that met a target that listened,
// nil if there is none.
func (l *Log) LastReached() *exchange.Exchange {
	var last *exchange.Exchange
	var at time.Time
	for _, x := range l.Exchanges(exchange.Genuine, exchange.Nonstandard, exchange.Forgery, exchange.Unverifiable) {
		for _, a := range x.Attempts {
			if a.Reached && a.Outcome.Class != mocksender.ClassRefused && a.At.After(at) {
				last, at = x, a.At
			}
		}
	}
	return last
}
