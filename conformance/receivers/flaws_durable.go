package receivers

// durabilityFlaws lose something with their process.
func durabilityFlaws() []Flaw {
	return []Flaw{
		{
			Name:  "queues-in-memory",
			Doc:   "Puts what it has verified into a queue in its memory, answers 200 and works later (Config.EffectDelay): what is in the queue when the process is killed is lost, and nobody sends it again.",
			Kills: ids("rsp/durable-accept"),
			twist: func(b *behaviour) {
				next := b.record
				b.record = func(x *exchange) {
					x.rc.after(x.rc.c.EffectDelay, func() { next(x) })
				}
			},
		},
		{
			Name:  "dedupes-in-memory",
			Doc:   "Keeps the uuids that it has seen in a map: with a new process, after a crash or a deployment, all of them are new again.",
			Kills: ids("dlv/dup-across-restart"),
			twist: func(b *behaviour) { b.claims = newLedger() },
		},
	}
}
