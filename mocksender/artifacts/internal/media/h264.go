package media

// The video is H.264 (ITU-T H.264; clauses in brackets) of the constrained
// baseline profile, level 1, which every decoder has. A macroblock is one of
// three: I_PCM, its samples as they are (7.3.5); Intra 16x16 by DC prediction
// without a residual, which takes over the background of its neighbours
// (8.3.3.3); P_Skip, as it was in the picture before.

// Types of network abstraction layer units, with nal_ref_idc 3 (7.4.1).
const (
	nalSlice = 3<<5 | 1
	nalIDR   = 3<<5 | 5
	nalSPS   = 3<<5 | 7
	nalPPS   = 3<<5 | 8
)

// nal wraps a payload (7.3.1). Two zero bytes and one of 0 to 3 after them would
// look like a start code, so a 3 is put between.
func nal(header byte, payload []byte) []byte {
	out := append(make([]byte, 0, len(payload)+8), header)
	zeros := 0
	for _, b := range payload {
		if zeros == 2 && b <= 3 {
			out, zeros = append(out, 3), 0
		}
		if out = append(out, b); b == 0 {
			zeros++
		} else {
			zeros = 0
		}
	}
	return out
}

// sequenceParameters returns the SPS (7.3.2.1.1).
func sequenceParameters() []byte {
	var w bitWriter
	w.u(8, 66)         // profile_idc: baseline
	w.u(8, 0b11000000) // constraint_set0 and 1: also constrained, and main
	w.u(8, 10)         // level_idc: 1
	w.ue(0)            // seq_parameter_set_id
	w.ue(0)            // log2_max_frame_num_minus4
	w.ue(2)            // pic_order_cnt_type: shown in the order of decoding
	w.ue(1)            // max_num_ref_frames
	w.u(1, 0)          // gaps_in_frame_num_value_allowed_flag
	w.ue(columns - 1)
	w.ue(rows - 1)
	w.u(1, 1) // frame_mbs_only_flag
	w.u(1, 1) // direct_8x8_inference_flag
	w.u(1, 0) // frame_cropping_flag
	w.u(1, 0) // vui_parameters_present_flag
	w.trail()
	return nal(nalSPS, w.out)
}

// pictureParameters returns the PPS (7.3.2.2).
func pictureParameters() []byte {
	var w bitWriter
	w.ue(0)   // pic_parameter_set_id
	w.ue(0)   // seq_parameter_set_id
	w.u(1, 0) // entropy_coding_mode_flag: CAVLC
	w.u(1, 0) // bottom_field_pic_order_in_frame_present_flag
	w.ue(0)   // num_slice_groups_minus1
	w.ue(0)   // num_ref_idx_l0_default_active_minus1
	w.ue(0)   // num_ref_idx_l1_default_active_minus1
	w.u(1, 0) // weighted_pred_flag
	w.u(2, 0) // weighted_bipred_idc
	w.ue(0)   // pic_init_qp_minus26
	w.ue(0)   // pic_init_qs_minus26
	w.ue(0)   // chroma_qp_index_offset
	w.u(1, 1) // deblocking_filter_control_present_flag
	w.u(1, 0) // constrained_intra_pred_flag
	w.u(1, 0) // redundant_pic_cnt_present_flag
	w.trail()
	return nal(nalPPS, w.out)
}

// picture returns the one slice of a frame, made of two macroblocks: plain
// background, and the disc. The first frame is written whole; in the others the dot's old place is
// filled and its new one drawn.
func picture(frame int, plain, disc []byte) []byte {
	w := &sliceWriter{plain: map[int]bool{}}
	here := dotAt(frame)
	if frame == 0 {
		w.keyHeader()
		for at := range columns * rows {
			switch at {
			case 0:
				w.asIs(at, plain)
			case here:
				w.asIs(at, disc)
			default:
				w.fill(at)
			}
		}
		w.trail()
		return nal(nalIDR, w.out)
	}
	w.header(frame)
	before := dotAt(frame - 1)
	for at := range columns * rows {
		switch at {
		case here:
			w.asIs(at, disc)
		case before:
			w.fill(at)
		default:
			w.skipped++
		}
	}
	w.skip()
	w.trail()
	return nal(nalSlice, w.out)
}

// sliceWriter writes the macroblocks of one slice.
type sliceWriter struct {
	bitWriter
	predicted bool         // a P slice
	plain     map[int]bool // the macroblocks written as they are
	skipped   uint32       // since the last one written
}

// keyHeader begins the slice of an IDR picture (7.3.3).
func (w *sliceWriter) keyHeader() {
	w.ue(0)   // first_mb_in_slice
	w.ue(7)   // slice_type: I, and so are all of the picture
	w.ue(0)   // pic_parameter_set_id
	w.u(4, 0) // frame_num
	w.ue(0)   // idr_pic_id
	w.u(1, 0) // no_output_of_prior_pics_flag
	w.u(1, 0) // long_term_reference_flag
	w.ue(0)   // slice_qp_delta
	w.ue(1)   // disable_deblocking_filter_idc: plain samples stay as they are
}

// header begins the slice of any other picture.
func (w *sliceWriter) header(frame int) {
	w.predicted = true
	w.ue(0)                   // first_mb_in_slice
	w.ue(5)                   // slice_type: P, and so are all of the picture
	w.ue(0)                   // pic_parameter_set_id
	w.u(4, uint32(frame)&0xf) // frame_num
	w.u(1, 0)                 // num_ref_idx_active_override_flag
	w.u(1, 0)                 // ref_pic_list_modification_flag_l0
	w.u(1, 0)                 // adaptive_ref_pic_marking_mode_flag
	w.ue(0)                   // slice_qp_delta
	w.ue(1)                   // disable_deblocking_filter_idc
}

// mbType writes an intra macroblock's type: in a P slice they follow the five
// inter types (7.4.5), and the macroblocks skipped come first.
func (w *sliceWriter) mbType(intra uint32) {
	if !w.predicted {
		w.ue(intra)
		return
	}
	w.ue(w.skipped)
	w.skipped = 0
	w.ue(5 + intra)
}

// skip says how many macroblocks at the slice's end are skipped, if any.
func (w *sliceWriter) skip() {
	if w.skipped > 0 {
		w.ue(w.skipped)
	}
}

func (w *sliceWriter) asIs(at int, samples []byte) {
	w.mbType(25) // I_PCM
	w.align()
	w.samples(samples)
	w.plain[at] = true
}

func (w *sliceWriter) fill(at int) {
	w.mbType(3) // I_16x16_2_0_0: DC prediction, nothing coded
	w.ue(0)     // intra_chroma_pred_mode: DC
	w.ue(0)     // mb_qp_delta
	// The DC coefficients are coded even if there are none. The code for none
	// depends on the neighbours' count of coefficients (9.2.1), which is 16 in
	// one that is plain and 0 in the others: on average 0, 8 or 16.
	if w.plain[at-columns] || at%columns > 0 && w.plain[at-1] {
		w.u(6, 0b000011)
	} else {
		w.u(1, 1)
	}
}
