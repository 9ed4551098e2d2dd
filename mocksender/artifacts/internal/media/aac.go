package media

// aacFrameLength is how many samples one AAC frame stands for.
const aacFrameLength = 1024

// aacConfig is the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1): object type
// 2 (AAC-LC), sampling frequency index 3 (48 kHz), one channel.
func aacConfig() []byte {
	var w bitWriter
	w.u(5, 2)
	w.u(4, 3)
	w.u(4, 1)
	w.u(3, 0) // 1024 samples a frame, no core coder, no extension
	return w.out
}

// aacFrame returns one raw_data_block (4.4.2): lines 17 and 18 of the spectrum
// are 1, the others 0. Under the sine window that is a tone of 18/2048 of the
// sampling rate, 422 Hz. An even number of half waves fits between the starts
// of two frames, so that all frames are equal.
func aacFrame() []byte {
	const bands = 5      // the first five are 4 lines wide each, at 48 kHz
	const loudness = 185 // global_gain, by which all lines are scaled
	var w bitWriter
	w.u(3, 0) // id_syn_ele: a single channel
	w.u(4, 0) // element_instance_tag
	w.u(8, loudness)
	w.u(1, 0) // ics_reserved_bit
	w.u(2, 0) // window_sequence: one long window
	w.u(1, 0) // window_shape: sine
	w.u(6, bands)
	w.u(1, 0) // predictor_data_present

	// Sections: four bands without lines, one of the first code book.
	w.u(4, 0)
	w.u(5, bands-1)
	w.u(4, 1)
	w.u(5, 1)
	w.u(1, 0) // the band's scale factor is global_gain: a difference of 0

	w.u(1, 0)    // pulse_data_present
	w.u(1, 0)    // tns_data_present
	w.u(1, 0)    // gain_control_data_present
	w.u(7, 0x70) // lines 16 to 19 are 0, 1, 1, 0 (table 4.A.2, index 52)
	w.u(3, 7)    // id_syn_ele: the end
	return w.out
}
