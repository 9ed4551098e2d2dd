package media

import (
	"bytes"
	"time"
)

// What one MP3 frame is long.
const (
	mp3FrameLength = 1152 // samples
	mp3FrameSize   = 144 * mp3BitRate / sampleRate
	mp3BitRate     = 32_000
)

// MP3 returns the recording's sound: MPEG-1 layer III, 32 kbit/s, 48 kHz, mono,
// frames without any tag before or after. A tag may be put before them.
func MP3() []byte {
	const count = int(Duration * sampleRate / mp3FrameLength / time.Second)
	return bytes.Repeat(mp3Frame(), count)
}

// mp3Frame returns one frame (ISO/IEC 11172-3, 2.4.1): header, side
// information and two granules in which lines 9 and 10 of the spectrum are 1
// and the others 0. As in aacFrame, that is a tone (10/1152 of the sampling
// rate, 417 Hz), and all granules are equal.
func mp3Frame() []byte {
	const bigValues = 6 // pairs of lines that are coded one by one
	const granuleBits = 11
	const loudness = 195 // global_gain
	var w bitWriter
	w.u(11, 0x7ff)    // syncword, and MPEG-1
	w.u(5, 0b11_01_1) // MPEG-1, layer III, no CRC
	w.u(4, 1)         // bitrate_index: 32 kbit/s
	w.u(2, 1)         // sampling_frequency: 48 kHz
	w.u(2, 0)         // padding_bit, private_bit
	w.u(2, 3)         // mode: one channel
	w.u(6, 0)         // mode_extension, copyright, original, emphasis

	w.u(9, 0) // main_data_begin: every frame stands by itself
	w.u(5, 0) // private_bits
	w.u(4, 0) // scfsi
	for range 2 {
		w.u(12, granuleBits) // part2_3_length
		w.u(9, bigValues)
		w.u(8, loudness)
		w.u(4, 0) // scalefac_compress: no scale factors are written
		w.u(1, 0) // window_switching_flag: long blocks
		for range 3 {
			w.u(5, 1) // table_select
		}
		w.u(4, 0) // region0_count
		w.u(3, 0) // region1_count
		w.u(3, 0) // preflag, scalefac_scale, count1table_select
	}
	for range 2 {
		// Table 1: four pairs without lines, (0,1) and (1,0), each 1 followed by
		// its sign.
		w.u(4, 0b1111)
		w.u(4, 0b001_0)
		w.u(3, 0b01_0)
	}
	w.align()
	return append(w.out, make([]byte, mp3FrameSize-len(w.out))...)
}
