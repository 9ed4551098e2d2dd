package rest

import (
	"cmp"
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
			if whole {
				return body, nil
			}
			p.Name = cmp.Or(body.Name, p.Name)
			p.Config, p.Permissions, p.UI = platform.Merge(p.Config, body.Config), platform.Merge(p.Permissions, body.Permissions), platform.Merge(p.UI, body.UI)
			return p, nil
		})
		return Answer(p), err
	}
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
