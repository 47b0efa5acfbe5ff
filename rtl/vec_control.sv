// The vector engine's sequence: slices, blocks, slots and rows of an operation, addresses, ready, release and end;
// docs/architecture/vector.md §1.
//
// An operation dispatched in cycle d has its slots in d+1 .. d+I. What a slot cycle t does leaves in t+2, with addresses.
// Everything is stepped by additions; the products of section 1 and the pitches of rows are found while the first slot runs.
`default_nettype none

module vec_control #(
    /// Lanes, a multiple of 16.
    parameter int unsigned V = 16,
    /// Bits of a VMEM word address.
    parameter int unsigned WORD_BITS = 19,
    /// Bits of a CMEM row.
    parameter int unsigned ROW_BITS = 12
) (
    /// Clock.
    input  wire logic                     clk_i,
    /// Synchronous reset, active low.
    input  wire logic                     rst_ni,
    /// Operation offered.
    input  wire logic                     op_valid_i,
    /// Taken in this cycle.
    output logic                          op_ready_o,
    /// Registers, i in bits 40*i +: 40.
    input  wire logic [1279:0]            op_params_i,
    /// Flags.
    input  wire logic [15:0]              op_flags_i,
    /// The operation offered does not exist.
    output logic                          unknown_o,
    /// Release cycle of the oldest operation.
    output logic                          release_o,
    /// End cycle of the oldest operation.
    output logic                          done_o,

    /// Of the operation in its slots, for SORE: nm_f, nm_b; 1:2 as 2:4 with its flag.
    output logic [15:0]                   nm_f_o,
    output logic [15:0]                   nm_b_o,
    output logic                          pairs_f_o,
    output logic                          pairs_b_o,
    /// o3..o6.
    output logic [4*WORD_BITS-1:0]        packed_o,
    /// Units of 16 channels, and blocks of 16 rows, both rounded up.
    output logic [WORD_BITS-1:0]          units_o,
    output logic [WORD_BITS-1:0]          blocks_o,

    /// t+2: a VMEM operand is read.
    output logic                          read_o,
    /// t+2: its first word.
    output logic [WORD_BITS-1:0]          read_word_o,
    /// t+2: it is FP32.
    output logic                          read_wide_o,
    /// t+2: lanes that exist.
    output logic [$clog2(V+1)-1:0]        lanes_o,
    /// t+2: row of the block.
    output logic [3:0]                    row_o,
    /// t+2: sources and the like, see vec_program.
    output logic [8:0]                    a_o,
    output logic [8:0]                    b_o,
    output logic [8:0]                    c_o,
    output logic [2:0]                    x_o,
    output logic [1:0]                    y_o,
    output logic                          gate_o,
    output logic                          minus_o,
    output logic [31:0]                   constant_o,
    output logic [31:0]                   constant2_o,
    output logic                          decay_o,
    output logic                          relu_o,
    output logic                          negate_o,
    output logic [3:0]                    write_o,
    output logic                          fold_o,
    /// t+2: division or square root, for a quarter of the lanes.
    output logic                          special_o,
    output logic                          root_o,
    output logic [1:0]                    quarter_o,
    /// t+2: CMEM row to read; banks to write; +0 instead of sums; row to write.
    output logic [ROW_BITS-1:0]           cm_row_o,
    output logic [1:0]                    cm_write_o,
    output logic                          cm_clear_o,
    output logic [ROW_BITS-1:0]           cm_write_row_o,
    /// t+2: a result goes to VMEM.
    output logic                          out_o,
    /// t+2: its first word.
    output logic [WORD_BITS-1:0]          out_word_o,
    /// t+2: it is FP32.
    output logic                          out_wide_o,
    /// t+2: r1 goes to SORE as an old weight, to be packed.
    output logic                          rank_o,
    output logic                          pack_o,
    /// t+2: the result is looked at, whether it is finite.
    output logic                          check_o,
    /// t+2: rows of the block that exist, 1..16.
    output logic [4:0]                    rows_o,
    /// t+2: first block of the operation, of the slice.
    output logic                          first_block_o,
    output logic                          first_of_slice_o
);
  localparam int unsigned LANE_COUNT_BITS = $clog2(V + 1);
  localparam int unsigned SIZE_BITS = 24;

  // ---- the operation
  logic [7:0] op_q;
  logic first_q, relu_q, wide_q, decay_q;
  logic [SIZE_BITS-1:0] rows_q, channels_q;
  logic [4*WORD_BITS-1:0] operands_q;
  logic [5*WORD_BITS-1:0] results_q;
  logic [2*WORD_BITS-1:0] packed_high_q;  // o5, o6
  logic [ROW_BITS-1:0] k0_q, k1_q;
  logic [15:0] nm_f_q, nm_b_q;
  logic pairs_f_q, pairs_b_q;  // 1:2, which is written as 2:4
  logic [16*32-1:0] constants_q;
  logic [WORD_BITS-1:0] narrow_pitch_q, wide_pitch_q;  // words of a row: 4 or 2 values each

  // ---- where it stands
  logic active_q;   // in its slots
  logic drain_q;    // SORE's block of delay
  logic [5:0] slot_q;
  logic [5:0] last_slot_q;
  logic [3:0] cycle_q;
  logic [SIZE_BITS-1:0] rows_left_q, channels_left_q;
  logic [ROW_BITS-1:0] slice_q, block_q;
  logic block_first_q;  // first of its slice
  logic slice_first_q;
  logic [WORD_BITS-1:0] in_q, in_block_q, in_slice_q;     // words from the operand's first
  logic [WORD_BITS-1:0] out_q, out_block_q, out_slice_q;  // the same for results

  // Found again in every cycle, used at the end of a block, when they have stood for long.
  logic last_block_q, last_slice_q;
  logic [WORD_BITS-1:0] in_block_next_q, out_block_next_q;

  logic accept, packs, slot_end, block_end, last_block, last_slice, issue_last, finish;
  logic [4:0] rows_here;
  logic [LANE_COUNT_BITS-1:0] lanes_here;
  assign packs = nm_f_q[4:0] != 5'd0 || nm_b_q[4:0] != 5'd0;
  assign slot_end = &cycle_q;
  assign block_end = slot_end && slot_q == last_slot_q;
  assign last_block = rows_left_q <= SIZE_BITS'(16);
  assign last_slice = channels_left_q <= SIZE_BITS'(V);
  assign issue_last = active_q && block_end && last_block_q && last_slice_q;
  assign finish = (issue_last && !packs) || (drain_q && block_end);
  assign rows_here = last_block ? rows_left_q[4:0] : 5'd16;
  assign lanes_here = last_slice ? channels_left_q[LANE_COUNT_BITS-1:0] : LANE_COUNT_BITS'(V);
  assign op_ready_o = (!active_q && !drain_q) || finish;
  assign accept = op_valid_i && op_ready_o;
  assign release_o = issue_last;

  logic [sat_isa::T_VEC_LATENCY-1:0] ending_q;
  always_ff @(posedge clk_i) begin
    ending_q <= rst_ni ? {ending_q[sat_isa::T_VEC_LATENCY-2:0], finish} : '0;
  end
  assign done_o = ending_q[sat_isa::T_VEC_LATENCY-1];

  // M = 2 comes with N = 1 alone: 2:4 instead.
  function logic [15:0] stored(input logic [15:0] nm);
    begin
      stored = {nm[15:11], nm[10] | nm[9], 1'b0, nm[8:2], nm[1] | nm[9], nm[0] & ~nm[9]};
    end
  endfunction

  logic [39:0] op_register;
  assign op_register = op_params_i[40*sat_isa::VEC_R_OP+:40];
  assign unknown_o = op_valid_i && op_register > 40'(sat_isa::VEC_OP_SUM);

  // ---- what the slot does
  logic known, wide_in, wide_flag, wide_out, reads, gate, minus, relu, relu_flag, negate, decay, fold, out, cm_k1;
  logic cm_store, accumulate, rank, pack, check, special, root;
  logic [5:0] slots;
  logic [2:0] writes, x, result;
  logic [1:0] operand, y, cm_index, cm_write, phase;
  logic [8:0] a, b, c;
  logic [3:0] constant, constant2, write;
  vec_program micro_program (
      .op_i(op_q), .slot_i(slot_q), .known_o(known), .slots_o(slots), .writes_o(writes), .wide_in_o(wide_in),
      .wide_flag_o(wide_flag), .wide_out_o(wide_out), .read_o(reads), .operand_o(operand), .a_o(a), .b_o(b),
      .c_o(c), .x_o(x), .y_o(y), .gate_o(gate), .minus_o(minus), .relu_o(relu), .relu_flag_o(relu_flag),
      .negate_o(negate), .constant_o(constant), .constant2_o(constant2), .decay_o(decay), .write_o(write),
      .fold_o(fold), .out_o(out), .result_o(result), .cm_k1_o(cm_k1), .cm_index_o(cm_index), .cm_write_o(cm_write),
      .cm_store_o(cm_store), .accumulate_o(accumulate), .rank_o(rank), .pack_o(pack), .check_o(check),
      .special_o(special), .root_o(root), .phase_o(phase));

  // ---- K
  logic [5:0] quarters_f, quarters_b;  // 4 rows (lanes) of a copy take so many writes of values: N/M of 4, M/4 at a time
  logic [15:0] writes_f, writes_b, writes_packed_q, writes_all;
  logic [15:0] slots_all;
  always_comb begin
    quarters_f = {1'b0, nm_f_q[4:0]};
    quarters_b = {1'b0, nm_b_q[4:0]};
    writes_f = nm_f_q[12] ? 16'(quarters_f) : nm_f_q[11] ? 16'(quarters_f) << 1 : 16'(quarters_f) << 2;
    writes_b = nm_b_q[12] ? 16'(quarters_b) * 16'(V / 16)
                          : nm_b_q[11] ? 16'(quarters_b) * 16'(V / 8) : 16'(quarters_b) * 16'(V / 4);
    if (nm_f_q[12:8] != nm_f_q[4:0]) writes_f = writes_f << 1;
    if (nm_b_q[12:8] != nm_b_q[4:0]) writes_b = writes_b << 1;
    writes_all = {9'd0, writes, 4'd0} + writes_packed_q;
    slots_all = (writes_all + 16'd15) >> 4;
  end

  // ---- steps
  logic row_step, slot_over;
  logic [3:0] row;
  logic [WORD_BITS-1:0] in_pitch, out_pitch, in_slice_words, out_slice_words;
  logic input_wide;
  assign input_wide = wide_in || (wide_flag && wide_q);
  assign row = special ? {phase, cycle_q[3:2]} : cycle_q;
  assign row_step = !special || (&cycle_q[1:0]);
  assign slot_over = slot_end && !(special && phase != 2'd3);
  assign in_pitch = input_wide ? wide_pitch_q : narrow_pitch_q;
  assign out_pitch = wide_out ? wide_pitch_q : narrow_pitch_q;
  assign in_slice_words = input_wide ? WORD_BITS'(V / 2) : WORD_BITS'(V / 4);
  assign out_slice_words = wide_out ? WORD_BITS'(V / 2) : WORD_BITS'(V / 4);
  always_ff @(posedge clk_i) begin
    last_block_q <= last_block;
    last_slice_q <= last_slice;
    in_block_next_q <=
        last_block_q ? in_slice_q + in_slice_words : in_block_q + {in_pitch[WORD_BITS-5:0], 4'd0};
    out_block_next_q <=
        last_block_q ? out_slice_q + out_slice_words : out_block_q + {out_pitch[WORD_BITS-5:0], 4'd0};
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      active_q <= 1'b0;
      drain_q <= 1'b0;
    end else begin
      if (accept) active_q <= 1'b1;
      else if (issue_last) active_q <= 1'b0;
      if (issue_last && packs) drain_q <= 1'b1;
      else if (finish) drain_q <= 1'b0;
    end

    // Two cycles after the operation is taken, long before the first slot ends.
    writes_packed_q <= writes_f + writes_b;
    last_slot_q <= (packs && slots_all > {10'd0, slots} ? slots_all[5:0] : slots) - 6'd1;

    if (accept || block_end) slot_q <= '0;
    else if (slot_end) slot_q <= slot_q + 6'd1;
    if (accept) cycle_q <= '0;
    else cycle_q <= cycle_q + 4'd1;

    if (accept) begin
      op_q <= op_params_i[40*sat_isa::VEC_R_OP+:8];
      first_q <= op_flags_i[sat_isa::VEC_F_FIRST];
      relu_q <= op_flags_i[sat_isa::VEC_F_RELU];
      wide_q <= op_flags_i[sat_isa::VEC_F_WIDE];
      decay_q <= op_flags_i[sat_isa::VEC_F_DECAY];
      rows_q <= op_params_i[40*sat_isa::VEC_R_ROWS+:SIZE_BITS];
      channels_q <= op_params_i[40*sat_isa::VEC_R_CHANNELS+:SIZE_BITS];
      for (int i = 0; i < 4; i++) begin
        operands_q[WORD_BITS*i+:WORD_BITS] <= op_params_i[40*(sat_isa::VEC_R_A+i)+:WORD_BITS];
      end
      for (int i = 0; i < 5; i++) begin
        results_q[WORD_BITS*i+:WORD_BITS] <= op_params_i[40*(sat_isa::VEC_R_O0+i)+:WORD_BITS];
      end
      packed_high_q <=
          {op_params_i[40*sat_isa::VEC_R_O6+:WORD_BITS], op_params_i[40*sat_isa::VEC_R_O5+:WORD_BITS]};
      k0_q <= op_params_i[40*sat_isa::VEC_R_K0+:ROW_BITS];
      k1_q <= op_params_i[40*sat_isa::VEC_R_K1+:ROW_BITS];
      nm_f_q <= stored(op_params_i[40*sat_isa::VEC_R_NM_F+:16]);
      nm_b_q <= stored(op_params_i[40*sat_isa::VEC_R_NM_B+:16]);
      pairs_f_q <= op_params_i[40*sat_isa::VEC_R_NM_F+9];
      pairs_b_q <= op_params_i[40*sat_isa::VEC_R_NM_B+9];
      // Constants are canonical: exponent 0 is a zero of its sign, every NaN 0x7FC00000.
      for (int i = 0; i < 16; i++) begin
        if (i > 10) constants_q[32*i+:32] <= '0;
        else if (op_params_i[40*(sat_isa::VEC_R_S0+i%11)+23+:8] == 8'd0)
          constants_q[32*i+:32] <= {op_params_i[40*(sat_isa::VEC_R_S0+i%11)+31], 31'd0};
        else if (&op_params_i[40*(sat_isa::VEC_R_S0+i%11)+23+:8] &&
                 op_params_i[40*(sat_isa::VEC_R_S0+i%11)+:23] != 23'd0)
          constants_q[32*i+:32] <= 32'h7FC0_0000;
        else constants_q[32*i+:32] <= op_params_i[40*(sat_isa::VEC_R_S0+i%11)+:32];
      end
      narrow_pitch_q <= WORD_BITS'((op_params_i[40*sat_isa::VEC_R_CHANNELS+:SIZE_BITS] + SIZE_BITS'(3)) >> 2);
      wide_pitch_q <= WORD_BITS'((op_params_i[40*sat_isa::VEC_R_CHANNELS+:SIZE_BITS] + SIZE_BITS'(1)) >> 1);

      rows_left_q <= op_params_i[40*sat_isa::VEC_R_ROWS+:SIZE_BITS];
      channels_left_q <= op_params_i[40*sat_isa::VEC_R_CHANNELS+:SIZE_BITS];
      slice_q <= '0;
      block_q <= '0;
      block_first_q <= 1'b1;
      slice_first_q <= 1'b1;
      {in_q, in_block_q, in_slice_q} <= '0;
      {out_q, out_block_q, out_slice_q} <= '0;
    end else if (active_q) begin
      if (slot_over) begin
        in_q <= block_end ? in_block_next_q : in_block_q;
        out_q <= block_end ? out_block_next_q : out_block_q;
      end else if (row_step) begin
        in_q <= in_q + in_pitch;
        out_q <= out_q + out_pitch;
      end
      if (block_end) begin
        in_block_q <= in_block_next_q;
        out_block_q <= out_block_next_q;
        block_first_q <= last_block_q;
        if (last_block_q) begin
          in_slice_q <= in_slice_q + in_slice_words;
          out_slice_q <= out_slice_q + out_slice_words;
          rows_left_q <= rows_q;
          block_q <= '0;
          slice_q <= slice_q + 1'b1;
          slice_first_q <= 1'b0;
          channels_left_q <= channels_left_q - SIZE_BITS'(V);
        end else begin
          rows_left_q <= rows_left_q - SIZE_BITS'(16);
          block_q <= block_q + 1'b1;
        end
      end
    end
  end

  assign nm_f_o = nm_f_q;
  assign nm_b_o = nm_b_q;
  assign pairs_f_o = pairs_f_q;
  assign pairs_b_o = pairs_b_q;
  assign packed_o = {packed_high_q, results_q[4*WORD_BITS+:WORD_BITS], results_q[3*WORD_BITS+:WORD_BITS]};
  assign units_o = WORD_BITS'((channels_q + SIZE_BITS'(15)) >> 4);
  assign blocks_o = WORD_BITS'((rows_q + SIZE_BITS'(15)) >> 4);

  // ---- t+1
  logic row_exists, fresh;
  assign row_exists = {1'b0, row} < rows_here;
  assign fresh = accumulate && first_q && block_first_q;

  logic read1_q, wide1_q, gate1_q, minus1_q, decay1_q, relu1_q, negate1_q, fold1_q, special1_q, root1_q, clear1_q;
  logic out1_q, out_wide1_q, rank1_q, pack1_q, check1_q, first1_q, slice1_q;
  logic [WORD_BITS-1:0] read_base1_q, in1_q, out_base1_q, out1_offset_q;
  logic [ROW_BITS-1:0] cm_base1_q, cm_index1_q, cm_write_base1_q, cm_write_index1_q;
  logic [LANE_COUNT_BITS-1:0] lanes1_q;
  logic [8:0] a1_q, b1_q, c1_q;
  logic [2:0] x1_q;
  logic [1:0] y1_q, quarter1_q, cm_write1_q;
  logic [3:0] row1_q, write1_q;
  logic [4:0] rows1_q;
  logic [31:0] constant1_q, constant2_1_q;
  logic [ROW_BITS-1:0] index;
  always_comb begin
    case (cm_index)
      2'd0: index = slice_q;
      2'd1: index = {slice_q[ROW_BITS-5:0], row};
      2'd2: index = {block_q[ROW_BITS-5:0], row};
      default: index = {block_q[ROW_BITS-9:0], row, slot_q[3:0]};
    endcase
  end

  always_ff @(posedge clk_i) begin
    read1_q <= active_q && reads;
    read_base1_q <= operands_q[WORD_BITS*operand+:WORD_BITS];
    in1_q <= in_q;
    wide1_q <= input_wide;
    lanes1_q <= lanes_here;
    row1_q <= row;
    a1_q <= a;
    b1_q <= b;
    c1_q <= fresh ? c & ~9'h040 : c;
    x1_q <= x;
    y1_q <= fresh ? 2'b00 : y;
    gate1_q <= gate;
    minus1_q <= minus;
    constant1_q <= constants_q[32*constant+:32];
    constant2_1_q <= constants_q[32*constant2+:32];
    decay1_q <= decay && decay_q && nm_f_q[4:0] != 5'd0;
    relu1_q <= relu || (relu_flag && relu_q);
    negate1_q <= negate;
    write1_q <= active_q ? write : 4'd0;
    fold1_q <= fold;
    special1_q <= active_q && special;
    root1_q <= root;
    quarter1_q <= cycle_q[1:0];
    cm_base1_q <= cm_k1 ? k1_q : k0_q;
    cm_index1_q <= index;
    cm_write1_q <= !active_q || !(row_exists || fresh) ? 2'b00 : cm_store ? 2'b11 : cm_write;
    clear1_q <= fresh && !row_exists;
    cm_write_base1_q <= cm_store || cm_k1 ? k1_q : k0_q;
    cm_write_index1_q <= cm_store ? {block_q[ROW_BITS-5:0], row} : index;
    out1_q <= active_q && out && row_exists;
    out_base1_q <= results_q[WORD_BITS*result+:WORD_BITS];
    out1_offset_q <= out_q;
    out_wide1_q <= wide_out;
    rank1_q <= active_q && rank && decay_q && nm_f_q[4:0] != 5'd0;
    pack1_q <= active_q && pack && packs;
    check1_q <= rst_ni && active_q && check && row_exists;  // a single cycle of reset must do: it is reported
    rows1_q <= rows_here;
    first1_q <= block_first_q && slice_first_q;
    slice1_q <= block_first_q;
  end

  // ---- t+2
  always_ff @(posedge clk_i) begin
    read_o <= rst_ni && read1_q;
    read_word_o <= read_base1_q + in1_q;
    read_wide_o <= wide1_q;
    lanes_o <= lanes1_q;
    row_o <= row1_q;
    a_o <= a1_q;
    b_o <= b1_q;
    c_o <= c1_q;
    x_o <= x1_q;
    y_o <= y1_q;
    gate_o <= gate1_q;
    minus_o <= minus1_q;
    constant_o <= constant1_q;
    constant2_o <= constant2_1_q;
    decay_o <= decay1_q;
    relu_o <= relu1_q;
    negate_o <= negate1_q;
    write_o <= rst_ni ? write1_q : 4'd0;
    fold_o <= fold1_q;
    special_o <= rst_ni && special1_q;
    root_o <= root1_q;
    quarter_o <= quarter1_q;
    cm_row_o <= cm_base1_q + cm_index1_q;
    cm_write_o <= rst_ni ? cm_write1_q : 2'b00;
    cm_clear_o <= clear1_q;
    cm_write_row_o <= cm_write_base1_q + cm_write_index1_q;
    out_o <= rst_ni && out1_q;
    out_word_o <= out_base1_q + out1_offset_q;
    out_wide_o <= out_wide1_q;
    rank_o <= rst_ni && rank1_q;
    pack_o <= rst_ni && pack1_q;
    check_o <= rst_ni && check1_q;
    rows_o <= rows1_q;
    first_block_o <= first1_q;
    first_of_slice_o <= slice1_q;
  end

  logic unused;
  assign unused = &{1'b0, known, op_params_i, op_flags_i, nm_f_q[15:13], nm_f_q[7:5], nm_b_q[15:13], nm_b_q[7:5]};
endmodule

`default_nettype wire
