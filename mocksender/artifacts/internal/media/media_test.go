package media

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"

	"gotest.tools/v3/assert"
)

// children returns the boxes that follow each other in content, by type; of
// equal types the last.
func children(t testing.TB, content []byte) (order []string, held map[string][]byte) {
	t.Helper()
	held = map[string][]byte{}
	for len(content) > 0 {
		assert.Assert(t, len(content) >= 8)
		size := int(binary.BigEndian.Uint32(content))
		assert.Assert(t, size >= 8 && size <= len(content), "a box of %d bytes in %d", size, len(content))
		kind := string(content[4:8])
		order = append(order, kind)
		held[kind] = content[8:size]
		content = content[size:]
	}
	return order, held
}

// samples returns what a track's tables say its samples are.
func samples(t testing.TB, file, trak []byte) [][]byte {
	t.Helper()
	for _, kind := range []string{"mdia", "minf", "stbl"} {
		_, held := children(t, trak)
		trak = held[kind]
	}
	_, table := children(t, trak)
	sizes := table["stsz"]
	count := int(binary.BigEndian.Uint32(sizes[8:]))
	assert.Equal(t, len(sizes), 12+4*count)
	assert.Equal(t, int(binary.BigEndian.Uint32(table["stts"][8:])), count)
	assert.Equal(t, int(binary.BigEndian.Uint32(table["stsc"][12:])), count, "one chunk holds all")
	at := int(binary.BigEndian.Uint32(table["stco"][8:]))
	var out [][]byte
	for i := range count {
		size := int(binary.BigEndian.Uint32(sizes[12+4*i:]))
		out = append(out, file[at:at+size])
		at += size
	}
	return out
}

func TestTablesLeadToEverySample(t *testing.T) {
	file := MP4()
	order, top := children(t, file)
	assert.DeepEqual(t, order, []string{"ftyp", "moov", "mdat"})
	order, _ = children(t, top["moov"])
	assert.DeepEqual(t, order, []string{"mvhd", "trak", "trak"})
	header := len(top["moov"]) - len(top["moov"][8+100:])
	assert.Equal(t, int(binary.BigEndian.Uint32(top["moov"])), header, "a header of version 0 has 100 bytes")
	video := top["moov"][header:]
	sound := video[binary.BigEndian.Uint32(video):]

	var all []byte
	pictures := samples(t, file, video[8:binary.BigEndian.Uint32(video)])
	assert.Equal(t, len(pictures), 24)
	for i, sample := range pictures {
		all = append(all, sample...)
		assert.Equal(t, int(binary.BigEndian.Uint32(sample)), len(sample)-4, "one unit a sample")
		want := byte(nalSlice)
		if i == 0 {
			want = nalIDR
		}
		assert.Equal(t, sample[4], want)
	}
	sounds := samples(t, file, sound[8:])
	assert.Equal(t, len(sounds), 225)
	for _, sample := range sounds {
		all = append(all, sample...)
		assert.DeepEqual(t, sample, aacFrame())
	}
	assert.Assert(t, bytes.Equal(all, top["mdat"]), "nothing is left over, and nothing is missing")
}

func TestUnitsHoldNoStartCode(t *testing.T) {
	tests := []struct{ payload, want []byte }{
		{[]byte{1, 2, 3}, []byte{9, 1, 2, 3}},
		{[]byte{0, 0, 1}, []byte{9, 0, 0, 3, 1}},
		{[]byte{0, 0, 3}, []byte{9, 0, 0, 3, 3}},
		{[]byte{0, 0, 4}, []byte{9, 0, 0, 4}},
		{[]byte{0, 0, 0, 0, 0, 3}, []byte{9, 0, 0, 3, 0, 0, 3, 0, 3}},
		{[]byte{0, 1, 0, 0, 2}, []byte{9, 0, 1, 0, 0, 3, 2}},
	}
	for _, tt := range tests {
		assert.DeepEqual(t, nal(9, tt.payload), tt.want)
	}
	for frame := range frames {
		for _, code := range []string{"\x00\x00\x00", "\x00\x00\x01", "\x00\x00\x02"} {
			assert.Assert(t, !bytes.Contains(picture(frame, flat(), dot()), []byte(code)))
		}
	}
}

func TestExpGolombCodes(t *testing.T) {
	tests := []struct {
		v    uint32
		want string // ITU-T H.264, table 9-2
	}{{0, "1"}, {1, "010"}, {2, "011"}, {3, "00100"}, {6, "00111"}, {7, "0001000"}, {30, "000011111"}}
	for _, tt := range tests {
		var w bitWriter
		w.ue(tt.v)
		got := ""
		for i := range 8*len(w.out) - w.free {
			got += fmt.Sprint(w.out[i/8] >> (7 - i%8) & 1)
		}
		assert.Equal(t, got, tt.want)
	}
}

// A macroblock that is filled takes over its neighbours' edges.
func TestTheDotKeepsOffItsTilesEdge(t *testing.T) {
	plain, disc := flat(), dot()
	assert.Equal(t, len(disc), 384)
	differ := 0
	for i := range disc {
		side, at := 16, i
		if i >= 256 {
			side, at = 8, (i-256)%64
		}
		x, y := at%side, at/side
		if disc[i] != plain[i] {
			differ++
			assert.Assert(t, x > 0 && y > 0 && x < side-1 && y < side-1, "sample %d", i)
		}
		assert.Assert(t, disc[i] >= 16 && disc[i] <= 240)
	}
	assert.Assert(t, differ > 100, "there is a disc")
}

func TestTheDotGoesRoundOnce(t *testing.T) {
	seen := map[int]bool{}
	for frame := range frames {
		here, next := dotAt(frame), dotAt((frame+1)%frames)
		assert.Assert(t, !seen[here], "frame %d", frame)
		seen[here] = true
		x, y := here%columns, here/columns
		assert.Assert(t, x > 0 && y > 0 && x < columns-1 && y < rows-1, "inside the edge")
		dx, dy := next%columns-x, next/columns-y
		assert.Equal(t, dx*dx+dy*dy, 1, "a step of one macroblock")
	}
}

func TestSoundIsWholeFramesOfEqualSize(t *testing.T) {
	file := MP3()
	assert.Equal(t, len(file), 200*96)
	for ; len(file) > 0; file = file[96:] {
		assert.Equal(t, string(file[:4]), "\xff\xfb\x14\xc0")
	}
}

// Both files were decoded without a complaint, and to the sample, when these
// sums were noted: let the end-to-end tests do so again when they change.
func TestFilesAreTheOnesThatPlayersPlayed(t *testing.T) {
	assert.Equal(t, fmt.Sprintf("%x", sha256.Sum256(MP4())), "1b7523fcb1a40ac7e9149e5280b3d016d0cf29abe99e14678d47bb3cdf64f777")
	assert.Equal(t, fmt.Sprintf("%x", sha256.Sum256(MP3())), "d6d3ddc7e7a5db3bfa403e268834eefe4ec654fdfa130af2fb5a5db292b0be1e")
}

func BenchmarkMP4(b *testing.B) {
	for b.Loop() {
		MP4()
	}
}
