package platform

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
)

// Preset is a preset as the API shows it.
type Preset struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Config      json.RawMessage `json:"config"`
	Permissions json.RawMessage `json:"permissions"`
	UI          json.RawMessage `json:"ui"`
	CreatedAt   string          `json:"created_at"`
	UpdatedAt   string          `json:"updated_at"`
}

// defaultPreset is what a preset has where nobody says otherwise.
//
//go:embed preset.json
var defaultPreset []byte

// CreatePreset makes a preset. What is nil has the default. Errors match
// ErrConflict if the name is taken, or ErrFull.
func (p *Platform) CreatePreset(k Key, given Preset) (Preset, error) {
	p.mu.Lock()
	a, err := p.app(k)
	if err == nil && a.preset("", given.Name) != nil {
		err = fmt.Errorf("%w: there is a preset %.100q already", ErrConflict, given.Name)
	}
	var made *Preset
	if err == nil {
		made, err = p.addPreset(a, given)
	}
	if err != nil {
		p.mu.Unlock()
		return Preset{}, err
	}
	out, wait := *made, p.commit(Change{App: k})
	p.mu.Unlock()
	return out, wait()
}

// addPreset is CreatePreset for a name that is free. p.mu is held.
func (p *Platform) addPreset(a *app, given Preset) (*Preset, error) {
	if len(a.presets) >= MaxPresets {
		return nil, fmt.Errorf("%w: there are %d presets", ErrFull, MaxPresets)
	}
	made := given
	made.fill()
	made.ID = cmp.Or(given.ID, p.ids.Next())
	made.CreatedAt = cmp.Or(given.CreatedAt, stamp(p.now()))
	made.UpdatedAt = cmp.Or(given.UpdatedAt, made.CreatedAt)
	a.presets = append(a.presets, &made)
	p.noted = append(p.noted, a.record())
	return &made, nil
}

// fill gives a preset the defaults for what it lacks, at any depth.
func (t *Preset) fill() {
	var d Preset
	_ = json.Unmarshal(defaultPreset, &d) // a test reads it
	t.Config, t.Permissions, t.UI = Merge(d.Config, t.Config), Merge(d.Permissions, t.Permissions), Merge(d.UI, t.UI)
}

// Merge returns a JSON value with the members that another one has, at any depth.
// What is no object replaces what was there; nothing changes nothing.
func Merge(into, from json.RawMessage) json.RawMessage {
	var a, b any
	_ = json.Unmarshal(into, &a) // what is no JSON counts as nothing
	_ = json.Unmarshal(from, &b)
	if b != nil {
		a = mergeValues(a, b)
	}
	out, _ := json.Marshal(a) // it has just been decoded
	return out
}

func mergeValues(into, from any) any {
	a, ok := into.(map[string]any)
	b, both := from.(map[string]any)
	if !ok || !both {
		return from
	}
	for name, value := range b {
		a[name] = mergeValues(a[name], value)
	}
	return a
}

// preset returns the preset with this id or, if that is empty, name.
func (a *app) preset(id, name string) *Preset {
	for _, t := range a.presets {
		if id != "" && t.ID == id || id == "" && t.Name == name {
			return t
		}
	}
	return nil
}

// Presets returns the presets of an app, the oldest first.
func (p *Platform) Presets(k Key) []Preset {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Preset
	for _, t := range p.known(k).presets {
		out = append(out, *t)
	}
	return out
}

// Preset returns a preset. The error matches ErrUnknown.
func (p *Platform) Preset(k Key, id string) (Preset, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.known(k).preset(id, ""); t != nil && id != "" {
		return *t, nil
	}
	return Preset{}, fmt.Errorf("%w: preset %.64q", ErrUnknown, id)
}

// ChangePreset replaces a preset by what change makes of it. Errors match
// ErrUnknown or ErrConflict, or are those of change. Participants who have the
// preset follow a change of its name.
func (p *Platform) ChangePreset(k Key, id string, change func(Preset) (Preset, error)) (Preset, error) {
	p.mu.Lock()
	a := p.known(k)
	t := a.preset(id, "")
	if t == nil || id == "" {
		p.mu.Unlock()
		return Preset{}, fmt.Errorf("%w: preset %.64q", ErrUnknown, id)
	}
	to, err := change(*t)
	if err == nil && to.Name != t.Name && a.preset("", to.Name) != nil {
		err = fmt.Errorf("%w: there is a preset %.100q already", ErrConflict, to.Name)
	}
	if err != nil {
		p.mu.Unlock()
		return Preset{}, err
	}
	to.fill()
	to.ID, to.CreatedAt, to.UpdatedAt = t.ID, t.CreatedAt, stamp(p.now())
	records := []Record{a.record()}
	if to.Name != t.Name {
		records = append(records, a.renamePreset(t.Name, to.Name)...)
	}
	*t = to
	wait := p.commit(Change{App: k, Records: records})
	p.mu.Unlock()
	return to, wait()
}

func (a *app) renamePreset(from, to string) (records []Record) {
	for _, m := range a.meetings {
		for _, one := range m.people {
			if one.PresetName == from {
				one.PresetName = to
				records = append(records, one.record())
			}
		}
	}
	return records
}

// DeletePreset removes a preset and returns it. Participants who have it keep its
// name. The error matches ErrUnknown.
func (p *Platform) DeletePreset(k Key, id string) (Preset, error) {
	p.mu.Lock()
	a := p.known(k)
	t := a.preset(id, "")
	if t == nil || id == "" {
		p.mu.Unlock()
		return Preset{}, fmt.Errorf("%w: preset %.64q", ErrUnknown, id)
	}
	a.presets = slices.DeleteFunc(a.presets, func(other *Preset) bool { return other == t })
	wait := p.commit(Change{App: k, Records: []Record{a.record()}})
	p.mu.Unlock()
	return *t, wait()
}

// usePreset returns an error if a participant cannot have this preset. p.mu is
// held.
func (p *Platform) usePreset(a *app, name string) error {
	if a.preset("", name) != nil {
		return nil
	}
	if p.o.StrictPresets {
		return fmt.Errorf("%w: preset %.100q", ErrUnknown, name)
	}
	_, err := p.addPreset(a, Preset{Name: name})
	return err
}

// viewType returns where a preset says that participants see the meeting.
func (t *Preset) viewType() string {
	var config struct {
		ViewType string `json:"view_type"`
	}
	if t != nil {
		_ = json.Unmarshal(t.Config, &config) // a wrong one counts as none
	}
	return cmp.Or(config.ViewType, "GROUP_CALL")
}
