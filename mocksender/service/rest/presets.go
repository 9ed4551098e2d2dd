package rest

import (
	"encoding/json"
	"strconv"

	"github.com/rtkmock/rtkmock/mocksender/platform"
)

func createPreset(c *Call) (any, error) {
	var body platform.Preset
	if err := c.decode(&body); err != nil {
		return nil, err
	}
	p, err := c.platform().CreatePreset(c.Key, platform.Preset{Name: body.Name, Config: body.Config, Permissions: body.Permissions, UI: body.UI})
	return Answer(p), err
}

// getPresets lists presets without what they are: in practice, a list has no
// permissions.
func getPresets(c *Call) (any, error) {
	type entry struct {
		ID        string `json:"id"`
		Name      string `json:"name"`
		CreatedAt string `json:"created_at"`
		UpdatedAt string `json:"updated_at"`
	}
	var all []entry
	for _, p := range c.platform().Presets(c.Key) {
		all = append(all, entry{p.ID, p.Name, p.CreatedAt, p.UpdatedAt})
	}
	return list(c, pageOf(c, all), len(all), nil), nil
}

func getPreset(c *Call) (any, error) {
	p, err := c.platform().Preset(c.Key, c.PathValue("preset"))
	return Answer(p), err
}

func deletePreset(c *Call) (any, error) {
	p, err := c.platform().DeletePreset(c.Key, c.PathValue("preset"))
	return Answer(p), err
}

// changePreset replaces the whole preset, or what is given of it, at any depth.
func changePreset(whole bool) func(*Call) (any, error) {
	return func(c *Call) (any, error) {
		var body platform.Preset
		if err := c.decode(&body); err != nil {
			return nil, err
		}
		p, err := c.platform().ChangePreset(c.Key, c.PathValue("preset"), func(p platform.Preset) (platform.Preset, error) {
			if body.Name != "" {
				p.Name = body.Name
			}
			for _, part := range []struct{ to, from *json.RawMessage }{
				{&p.Config, &body.Config}, {&p.Permissions, &body.Permissions}, {&p.UI, &body.UI},
			} {
				*part.to = merge(*part.to, *part.from, whole)
			}
			return p, nil
		})
		return Answer(p), err
	}
}

// merge returns the object into with the members of from, or from if whole.
func merge(into, from json.RawMessage, whole bool) json.RawMessage {
	switch {
	case whole:
		return from
	case len(from) == 0:
		return into
	}
	var a, b map[string]json.RawMessage
	if json.Unmarshal(into, &a) != nil || json.Unmarshal(from, &b) != nil || a == nil || b == nil {
		return from
	}
	for name, value := range b {
		a[name] = merge(a[name], value, false)
	}
	out, _ := json.Marshal(a) // it has just been decoded
	return out
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
