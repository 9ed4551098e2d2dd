package service

// standing is what the last attempt at a webhook lets expect of the next.
type standing int

const (
	answering standing = iota // it answered, or refused at once
	untried
	silent // it timed out
	standings
)

// places are what attempts are made from. A webhook that has nothing under way
// has a right to one, however many others hang: what comes on top of that, in
// burst, is bounded for all together. Where the process may not open as many
// connections as there are webhooks, those that hang leave some to those that
// may, and these to those that answer. Service.mu guards it.
type places struct {
	most    int // attempts at a time
	ceiling int // what most grows back to
	since   int // attempts since it last grew
	burst   int // attempts beside the first of their webhooks
	running int
	bursts  int // of those
	queues  [standings + 1]queue
}

// queue holds lanes that wait for a place, in the order in which they came.
// Some may wait elsewhere by now.
type queue struct{ lanes []*lane }

func newPlaces(most, burst int) places { return places{most: most, ceiling: most, burst: burst} }

// open reports whether there is a place for a webhook that stands so.
func (p *places) open(is standing) bool {
	switch is {
	case silent:
		return p.running < max(1, p.most/2)
	case untried:
		return p.running < max(1, p.most-p.most/4)
	}
	return p.running < p.most
}

// openToMore reports whether there is a place for a webhook that has one.
func (p *places) openToMore() bool { return p.bursts < p.burst && p.open(untried) }

// take takes a place for l, or has it wait for one.
func (p *places) take(l *lane) bool {
	in, free := &p.queues[l.is], p.open(l.is)
	if l.running > 0 {
		in, free = &p.queues[standings], p.openToMore()
	}
	if !free {
		if l.waitsIn != in {
			l.waitsIn = in
			in.lanes = append(in.lanes, l)
		}
		return false
	}
	l.waitsIn = nil
	if l.running > 0 {
		p.bursts++
	}
	l.running++
	p.running++
	return true
}

// give takes a place of l back.
func (p *places) give(l *lane) {
	l.running--
	p.running--
	if l.running > 0 {
		p.bursts--
	}
}

// next returns a lane that waits and that there is a place for, or nil. It no
// longer waits.
func (p *places) next() *lane {
	for is := answering; is < standings; is++ {
		if !p.open(is) {
			break // and none for those after it
		}
		if l := p.queues[is].pop(); l != nil {
			return l
		}
	}
	if p.openToMore() {
		return p.queues[standings].pop()
	}
	return nil
}

func (q *queue) pop() *lane {
	for len(q.lanes) > 0 {
		l := q.lanes[0]
		if q.lanes[0], q.lanes = nil, q.lanes[1:]; len(q.lanes) == 0 {
			q.lanes = nil
		}
		if l.waitsIn == q {
			l.waitsIn = nil
			return l
		}
	}
	return nil
}

// leastPlaces is how many attempts there are at a time however few connections
// can be opened.
const leastPlaces = 8

// ranOut makes do with as many connections as there are.
func (p *places) ranOut() { p.most = min(p.most, max(leastPlaces, p.running-1)) }

// recover allows one more again, after as many attempts as there are places.
func (p *places) recover() {
	if p.since++; p.since >= p.most {
		p.most, p.since = min(p.most+1, p.ceiling), 0
	}
}
