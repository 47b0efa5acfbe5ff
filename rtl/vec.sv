// VEC: the vector engine, WUVE and SORE on the vector memory; docs/architecture/vector.md.
//
// The way of a micro-operation whose slot cycle is t: t+2 VMEM is read, t+4 its words are turned to the lanes, t+5 they
// become FP32, t+6 to t+20 WUVE, t+20 rounding to FP16, t+21 SORE takes the row and the result is turned to its words,
// t+22 VMEM is written. SORE's writes join in t+21, where no result is.
`default_nettype none

module vec #(
    /// Ganged memory channels; there are 16*CH lanes.
    parameter int unsigned CH = 1,
    /// Largest group size: 4, 8 or 16.
    parameter int unsigned MAXM = 8
) (
    /// Clock.
    input  wire logic                       clk_i,
    /// Synchronous reset, active low.
    input  wire logic                       rst_ni,
    /// Operation offered.
    input  wire logic                       op_valid_i,
    /// Taken in this cycle.
    output logic                            op_ready_o,
    /// Registers, i in bits 40*i +: 40.
    input  wire logic [1279:0]              op_params_i,
    /// Flags.
    input  wire logic [15:0]                op_flags_i,
    /// The operation offered does not exist.
    output logic                            unknown_o,
    /// Release cycle of the oldest operation.
    output logic                            release_o,
    /// End cycle of the oldest operation.
    output logic                            done_o,
    /// A weight gradient, or a reduction's sum, is infinite or NaN; before the operation's end.
    output logic                            nonfinite_o,
    /// Read a line of words.
    output logic                            rd_valid_o,
    /// Number of the first word.
    output logic [15+$clog2(8*CH):0]        rd_word_o,
    /// Two cycles later: each lane's word of the line, or of the next below the first word's lane.
    input  wire logic [512*CH-1:0]          rd_data_i,
    /// Write the lanes of `wr_lane_en_o`.
    output logic                            wr_valid_o,
    /// Words in their lanes.
    output logic [512*CH-1:0]               wr_data_o,
    /// Lanes that are written.
    output logic [8*CH-1:0]                 wr_lane_en_o,
    /// Line of the first word.
    output logic [15:0]                     wr_line_o,
    /// Lane of the first word; lanes below it belong to the next line.
    output logic [$clog2(8*CH)-1:0]         wr_first_lane_o
);
  localparam int unsigned V = 16 * CH;
  localparam int unsigned WORDS = 8 * CH;
  localparam int unsigned LANE_BITS = $clog2(WORDS);
  localparam int unsigned WORD_BITS = 16 + LANE_BITS;
  localparam int unsigned ROW_BITS = $clog2(sat_isa::VEC_CMEM_ROWS);
  localparam int unsigned COUNT_BITS = $clog2(V + 1);

  // ---- control, t+2
  logic [15:0] nm_f, nm_b;
  logic pairs_f, pairs_b;
  logic [4*WORD_BITS-1:0] packed_words;
  logic [WORD_BITS-1:0] units, blocks;
  logic read_wide, gate, minus, decay, relu, negate, fold, special, root, cm_clear, out, out_wide, rank, pack, check;
  logic first_block, first_of_slice;
  logic [COUNT_BITS-1:0] lanes;
  logic [3:0] row, write;
  logic [4:0] rows;
  logic [8:0] a, b, c;
  logic [2:0] x;
  logic [1:0] y, quarter, cm_write;
  logic [31:0] constant, constant2;
  logic [ROW_BITS-1:0] cm_row, cm_write_row;
  logic [WORD_BITS-1:0] out_word;
  vec_control #(.V(V), .WORD_BITS(WORD_BITS), .ROW_BITS(ROW_BITS)) control (
      .clk_i(clk_i), .rst_ni(rst_ni), .op_valid_i(op_valid_i), .op_ready_o(op_ready_o), .op_params_i(op_params_i),
      .op_flags_i(op_flags_i), .unknown_o(unknown_o), .release_o(release_o), .done_o(done_o), .nm_f_o(nm_f),
      .nm_b_o(nm_b), .pairs_f_o(pairs_f), .pairs_b_o(pairs_b), .packed_o(packed_words), .units_o(units),
      .blocks_o(blocks), .read_o(rd_valid_o), .read_word_o(rd_word_o), .read_wide_o(read_wide), .lanes_o(lanes),
      .row_o(row), .a_o(a), .b_o(b), .c_o(c), .x_o(x), .y_o(y), .gate_o(gate), .minus_o(minus), .constant_o(constant),
      .constant2_o(constant2), .decay_o(decay), .relu_o(relu), .negate_o(negate), .write_o(write), .fold_o(fold),
      .special_o(special), .root_o(root), .quarter_o(quarter), .cm_row_o(cm_row), .cm_write_o(cm_write),
      .cm_clear_o(cm_clear), .cm_write_row_o(cm_write_row), .out_o(out), .out_word_o(out_word), .out_wide_o(out_wide),
      .rank_o(rank), .pack_o(pack), .check_o(check), .rows_o(rows), .first_block_o(first_block), .first_of_slice_o(first_of_slice));

  // ---- operand: t+4 turn, t+5 convert
  logic [LANE_BITS-1:0] first4;
  logic wide4, wide5_q;
  logic [COUNT_BITS-1:0] lanes4, lanes5_q;
  logic [512*CH-1:0] turned5_q;
  logic [32*V-1:0] operand6_q;
  tag_delay #(.WIDTH(LANE_BITS + 1 + COUNT_BITS), .STAGES(2)) read_tags (
      .clk_i(clk_i), .rst_ni(rst_ni), .data_i({rd_word_o[LANE_BITS-1:0], read_wide, lanes}),
      .data_o({first4, wide4, lanes4}));
  always_ff @(posedge clk_i) begin
    wide5_q <= wide4;
    lanes5_q <= lanes4;
  end
  logic [512*CH-1:0] turned4;
  rotate #(.LANES(WORDS), .WIDTH(64)) turn_operand (.data_i(rd_data_i), .by_i(first4), .data_o(turned4));
  always_ff @(posedge clk_i) turned5_q <= turned4;
  for (genvar l = 0; l < V; l++) begin : gen_operand
    logic [31:0] wide, narrow, canonical;
    assign wide = turned5_q[32*l+:32];
    fp16_to_fp32 widen (.x_i(turned5_q[16*l+:16]), .y_o(narrow));
    assign canonical = wide[30:23] == 8'd0 ? {wide[31], 31'd0}
                       : &wide[30:23] && wide[22:0] != 23'd0 ? 32'h7FC0_0000 : wide;
    always_ff @(posedge clk_i) begin
      operand6_q[32*l+:32] <= COUNT_BITS'(l) >= lanes5_q ? 32'd0 : wide5_q ? canonical : narrow;
    end
  end

  // ---- WUVE, t+4 to t+20
  localparam int unsigned CONTROL_BITS = 4 + 27 + 5 + 2 + 64 + 3 + 5 + 4 + ROW_BITS + 3 + ROW_BITS;
  logic [CONTROL_BITS-1:0] control2, control4;
  logic [3:0] row4, write4;
  logic [8:0] a4, b4, c4;
  logic [2:0] x4;
  logic [1:0] y4, quarter4, cm_write4;
  logic gate4, minus4, decay4, relu4, negate4, fold4, special4, root4, cm_clear4;
  logic [31:0] constant4, constant2_4;
  logic [ROW_BITS-1:0] cm_row4, cm_write_row4;
  logic [3:0] mask_row;
  logic [V-1:0] mask;
  logic [32*V-1:0] result20;
  assign control2 = {row, a, b, c, x, y, gate, minus, constant, constant2, decay, relu, negate, write, fold, special,
                     root, quarter, cm_row, cm_write, cm_clear, cm_write_row};
  tag_delay #(.WIDTH(CONTROL_BITS), .STAGES(2)) control_tags (
      .clk_i(clk_i), .rst_ni(rst_ni), .data_i(control2), .data_o(control4));
  assign {row4, a4, b4, c4, x4, y4, gate4, minus4, constant4, constant2_4, decay4, relu4, negate4, write4, fold4,
          special4, root4, quarter4, cm_row4, cm_write4, cm_clear4, cm_write_row4} = control4;
  wuve #(.V(V), .ROW_BITS(ROW_BITS)) lanes_unit (
      .clk_i(clk_i), .rst_ni(rst_ni), .row_i(row4), .a_i(a4), .b_i(b4), .c_i(c4), .x_i(x4), .y_i(y4),
      .gate_i(gate4), .minus_i(minus4), .constant_i(constant4), .constant2_i(constant2_4), .decay_i(decay4),
      .relu_i(relu4), .negate_i(negate4), .write_i(write4), .fold_i(fold4), .special_i(special4), .root_i(root4),
      .quarter_i(quarter4), .cm_row_i(cm_row4), .cm_write_i(cm_write4), .cm_clear_i(cm_clear4),
      .cm_write_row_i(cm_write_row4), .mask_row_o(mask_row), .mask_i(mask), .operand_i(operand6_q),
      .result_o(result20));

  // ---- what becomes of the result: tags in t+19, or in t+35 after division and square root
  localparam int unsigned OUT_BITS = 1 + WORD_BITS + 1 + COUNT_BITS;
  localparam int unsigned SORE_BITS = 3 + 4 + 5 + 2;
  logic out19, wide19, back19, rank19, pack19, check19, first19, slice19;
  logic plain_out, plain_wide, back_out, back_wide;
  logic [WORD_BITS-1:0] word19, plain_word, back_word;
  logic [COUNT_BITS-1:0] lanes19, plain_lanes, back_lanes;
  logic [1:0] quarter19;
  logic [3:0] row19;
  logic [4:0] rows19;
  tag_delay #(.WIDTH(OUT_BITS + SORE_BITS), .STAGES(17)) result_tags (
      .clk_i(clk_i), .rst_ni(rst_ni),
      .data_i({out && !special, out_word, out_wide, lanes, rank, pack, check, row, rows, first_block,
               first_of_slice}),
      .data_o({plain_out, plain_word, plain_wide, plain_lanes, rank19, pack19, check19, row19, rows19, first19,
               slice19}));
  tag_delay #(.WIDTH(OUT_BITS + 2), .STAGES(33)) back_tags (
      .clk_i(clk_i), .rst_ni(rst_ni), .data_i({out && special, out_word, out_wide, lanes, quarter}),
      .data_o({back_out, back_word, back_wide, back_lanes, quarter19}));
  // SORE decides three cycles before its write joins.
  logic plain_hold, back_hold;
  tag_delay #(.WIDTH(1), .STAGES(16)) hold_tag (
      .clk_i(clk_i), .rst_ni(rst_ni), .data_i(out && !special), .data_o(plain_hold));
  tag_delay #(.WIDTH(1), .STAGES(32)) back_hold_tag (
      .clk_i(clk_i), .rst_ni(rst_ni), .data_i(out && special), .data_o(back_hold));
  assign back19 = back_out;
  assign out19 = plain_out || back_out;
  assign word19 = back_out ? back_word : plain_word;
  assign wide19 = back_out ? back_wide : plain_wide;
  assign lanes19 = back_out ? back_lanes : plain_lanes;

  // t+20: rounding to FP16. Lanes that do not exist leave +0.
  logic out20_q, wide20_q, back20_q, rank20_q, pack20_q, first20_q, slice20_q;
  logic out21_q, wide21_q, back21_q, rank21_q, pack21_q, first21_q, slice21_q;
  logic [WORD_BITS-1:0] word20_q, word21_q;
  logic [COUNT_BITS-1:0] lanes20_q, lanes21_q, sore_lanes20_q, sore_lanes21_q;
  logic [1:0] quarter20_q, quarter21_q;
  logic [3:0] row20_q, row21_q;
  logic [4:0] rows20_q, rows21_q;
  logic [16*V-1:0] half20, half21_q;
  logic check20_q, nonfinite22_q;
  logic [V-1:0] nonfinite21_q;
  logic [32*V-1:0] wide_data21_q;
  always_ff @(posedge clk_i) begin
    {out21_q, out20_q} <= rst_ni ? {out20_q, out19} : 2'b00;
    {rank21_q, rank20_q} <= rst_ni ? {rank20_q, rank19} : 2'b00;
    {pack21_q, pack20_q} <= rst_ni ? {pack20_q, pack19} : 2'b00;
    check20_q <= rst_ni && check19;
    nonfinite22_q <= rst_ni && nonfinite21_q != '0;
    {wide21_q, wide20_q} <= {wide20_q, wide19};
    {back21_q, back20_q} <= {back20_q, back19};
    {first21_q, first20_q} <= {first20_q, first19};
    {slice21_q, slice20_q} <= {slice20_q, slice19};
    {word21_q, word20_q} <= {word20_q, word19};
    {lanes21_q, lanes20_q} <= {lanes20_q, lanes19};
    {sore_lanes21_q, sore_lanes20_q} <= {sore_lanes20_q, plain_lanes};
    {quarter21_q, quarter20_q} <= {quarter20_q, quarter19};
    {row21_q, row20_q} <= {row20_q, row19};
    {rows21_q, rows20_q} <= {rows20_q, rows19};
  end
  for (genvar l = 0; l < V; l++) begin : gen_round
    logic exists_q;
    always_ff @(posedge clk_i) exists_q <= COUNT_BITS'(l) < lanes19;
    fp32_to_fp16 round (.x_i(result20[32*l+:32]), .y_o(half20[16*l+:16]));
    always_ff @(posedge clk_i) begin
      half21_q[16*l+:16] <= exists_q ? half20[16*l+:16] : 16'd0;
      wide_data21_q[32*l+:32] <= exists_q ? result20[32*l+:32] : 32'd0;
      nonfinite21_q[l] <= rst_ni && check20_q && exists_q && &result20[32*l+23+:8];
    end
  end
  assign nonfinite_o = nonfinite22_q;

  // ---- SORE, from t+21
  logic sore_valid;
  logic [WORD_BITS-1:0] sore_word;
  logic [$clog2(V/4+1)-1:0] sore_words;
  logic [16*V-1:0] sore_data;
  sore #(.V(V), .MAXM(MAXM), .WORD_BITS(WORD_BITS)) packer (
      .clk_i(clk_i), .rst_ni(rst_ni), .nm_f_i(nm_f), .nm_b_i(nm_b), .pairs_f_i(pairs_f), .pairs_b_i(pairs_b),
      .results_i(packed_words), .units_i(units), .blocks_i(blocks), .rank_i(rank21_q), .pack_i(pack21_q),
      .row_i(row21_q), .rows_i(rows21_q), .lanes_i(sore_lanes21_q), .first_block_i(first21_q),
      .first_of_slice_i(slice21_q), .data_i(half21_q), .mask_row_i(mask_row), .mask_o(mask), .hold_i(plain_hold || back_hold),
      .wr_valid_o(sore_valid), .wr_word_o(sore_word), .wr_words_o(sore_words), .wr_data_o(sore_data));

  // ---- t+21: a row of results, a quarter of one, or SORE's write, turned to its words
  logic [512*CH-1:0] data21;
  logic [WORD_BITS-1:0] target21;
  logic [LANE_BITS:0] words21;
  assign data21 = !out21_q ? (512 * CH)'(sore_data) : wide21_q ? wide_data21_q : (512 * CH)'(half21_q);
  assign target21 = out21_q ? word21_q : sore_word;
  assign words21 = !out21_q ? (LANE_BITS + 1)'(sore_words)
                   : (LANE_BITS + 1)'(wide21_q ? (lanes21_q + COUNT_BITS'(1)) >> 1 : (lanes21_q + COUNT_BITS'(3)) >> 2);
  always_ff @(posedge clk_i) begin
    wr_valid_o <= rst_ni && (out21_q || sore_valid);
    wr_line_o <= target21[LANE_BITS+:16];
    wr_first_lane_o <= target21[LANE_BITS-1:0];
  end
  logic [512*CH-1:0] turned21;
  rotate #(.LANES(WORDS), .WIDTH(64)) turn_result (
      .data_i(data21), .by_i(LANE_BITS'(0) - target21[LANE_BITS-1:0]), .data_o(turned21));
  always_ff @(posedge clk_i) wr_data_o <= turned21;
  for (genvar w = 0; w < WORDS; w++) begin : gen_word
    logic [LANE_BITS-1:0] from;
    logic in_quarter;
    assign from = LANE_BITS'(w) - target21[LANE_BITS-1:0];
    assign in_quarter = !(out21_q && back21_q) || from[LANE_BITS-1:LANE_BITS-2] == quarter21_q;
    always_ff @(posedge clk_i) begin
      wr_lane_en_o[w] <= {1'b0, from} < words21 && in_quarter;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    if (rst_ni && out21_q && sore_valid) $error("vec: a result and a packed write meet at the vector memory");
    if (rst_ni && plain_out && back_out) $error("vec: two results in one cycle");
  end
`endif
endmodule

`default_nettype wire
