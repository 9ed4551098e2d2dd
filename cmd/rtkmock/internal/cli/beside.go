package cli

import (
	"runtime/debug"

	"github.com/rtkmock/rtkmock/conformance"
)

// lazyGC is by how many percent the heap may grow until it is collected.
const lazyGC = 400

// judge has the target judged. Of the built-in receiver there can be several, so
// that what waits for one goes on beside the rest.
func (a *app) judge(p *prepared) (*conformance.Report, error) {
	apart := conformance.Apart(p.options.Checks)
	if !p.severalFit() || len(apart) < 2 {
		return conformance.Run(a.ctx, p.options)
	}
	// Three runs in one process make little that lasts, and a tenth of their time
	// would go into collecting it.
	defer debug.SetGCPercent(debug.SetGCPercent(lazyGC))
	parts := []conformance.Options{p.options}
	for range apart[1:] {
		o, err := a.another(p)
		if err != nil {
			return nil, err
		}
		parts = append(parts, o)
	}
	for i := range parts {
		parts[i].Checks = apart[i]
	}
	return conformance.RunTogether(a.ctx, p.options.Checks, parts...)
}

// severalFit reports whether nothing was asked for that means one receiver, or
// one key endpoint.
func (p *prepared) severalFit() bool {
	f := p.flags
	return p.builtIn != nil && f.parallel == 0 && f.rate == 0 && len(p.options.Sender.Faults) == 0 &&
		f.listen.addr == defaultListen && f.listen.advertise == "" && f.advertiseOther == ""
}

// another opens another built-in receiver, with a key endpoint of its own that
// serves the same key, and returns the options to judge it.
func (a *app) another(p *prepared) (conformance.Options, error) {
	o := p.options
	face, err := a.listen(listenFlags{addr: defaultListen})
	if err != nil {
		return o, err
	}
	o.Endpoints = conformance.NewEndpointsWithAttacker(p.options.Endpoints.Attacker, p.options.Endpoints.Keys.Clone(), face.base)
	o.Endpoints.Artifacts.SetDelay(p.flags.artifactsDelay)
	face.serve(o.Endpoints.Handler())
	p.beside = append(p.beside, face.close)
	b, err := a.openJudged(&o, p.flags)
	if err == nil {
		p.beside = append(p.beside, b.close)
	}
	return o, err
}
