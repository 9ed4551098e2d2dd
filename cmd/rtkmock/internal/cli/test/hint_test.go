package test

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/fixtures"
)

func TestLinesForCommonJSBeginWithRequire(t *testing.T) {
	for _, stack := range []string{"node", "express", "fastify"} {
		lines := strings.Split(inCommonJS(fixtures.EffectsHook(stack)), "\n")
		assert.Equal(t, lines[1], `const { appendFileSync } = require("node:fs");`, stack)
		assert.Equal(t, lines[2], `// In ES modules: import { appendFileSync } from "node:fs";`, stack)
	}
	flask := fixtures.EffectsHook("flask")
	assert.Equal(t, inCommonJS(flask), flask, "other languages know neither")
}
