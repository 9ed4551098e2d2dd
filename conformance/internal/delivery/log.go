package delivery

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rtkmock/rtkmock/conformance/exchange"
	"github.com/rtkmock/rtkmock/mocksender"
	"github.com/rtkmock/rtkmock/mocksender/ledger"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Log keeps every exchange of a run, and the ledger of the genuine ones.
type Log struct {
	mu        sync.Mutex
	ledger    *ledger.Ledger
	exchanges map[exchange.Kind][]*exchange.Exchange
	large     []*exchange.Exchange // without header and body
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

// addLarge keeps that x was sent, and drops what was.
func (l *Log) addLarge(x exchange.Exchange) {
	l.mu.Lock()
	defer l.mu.Unlock()
	x.Delivery.Event, x.Made = rtk.Event{}, rtk.Event{}
	x.Attempts = slices.Clone(x.Attempts)
	for i := range x.Attempts {
		x.Attempts[i].Request = mocksender.Request{}
	}
	l.large = append(l.large, &x)
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

// Reached returns the exchanges that met a target that listened, some of which it cut
// off and was gone when the request came again, in the order of
// their last attempts to do so.
func (l *Log) Reached() []*exchange.Exchange {
	at := map[*exchange.Exchange]time.Time{}
	all := l.Exchanges(exchange.Genuine, exchange.Nonstandard, exchange.Forgery, exchange.Unverifiable)
	l.mu.Lock()
	all = append(all, l.large...)
	l.mu.Unlock()
	for _, x := range all {
		for _, a := range x.Attempts {
			if a.Reached && (a.Resent || a.Outcome.Class != mocksender.ClassRefused) {
				at[x] = a.At
			}
		}
	}
	return slices.SortedFunc(maps.Keys(at), func(a, b *exchange.Exchange) int { return at[a].Compare(at[b]) })
}
