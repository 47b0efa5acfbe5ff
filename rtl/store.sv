// STORE: on-chip buffers to DRAM with strided addressing; docs/architecture/contract.md §7.
`default_nettype none

module store #(
    /// Array columns, a multiple of 4.
    parameter int unsigned C = 4,
    /// Ganged memory channels.
    parameter int unsigned CH = 1,
    /// Longest burst in lines.
    parameter int unsigned BL = 16,
    /// Lines of the line FIFO.
    parameter int unsigned SF = 64,
    /// Result sub-banks; follows from C and CH.
    parameter int unsigned BANKS = (64 * CH) / (2 * C) > 1 ? (64 * CH) / (2 * C) : 1
) (
    /// Clock.
    input  wire logic                     clk_i,
    /// Synchronous reset, active low.
    input  wire logic                     rst_ni,
    /// A new program: the saved position becomes (0,0,0).
    input  wire logic                     clear_i,
    /// An operation waits.
    input  wire logic                     op_valid_i,
    /// It is dispatched if `op_valid_i`.
    output logic                          op_ready_o,
    /// Registers of the operation, register i in bits 40*i +: 40.
    input  wire logic [1279:0]            op_params_i,
    /// Flags of the operation.
    input  wire logic [15:0]              op_flags_i,
    /// Number of its instruction.
    input  wire logic [15:0]              op_pc_i,
    /// The oldest operation has read its last operand.
    output logic                          release_o,
    /// The oldest operation ends.
    output logic                          done_o,
    /// Result buffer: read from this address on.
    output logic                          rd_valid_o,
    /// Result buffer: address of the piece's first element.
    output logic [15:0]                   rd_addr_o,
    /// Result buffer: two cycles later, block k holds result address rd_addr+k.
    input  wire logic [32*BANKS*C-1:0]    rd_data_i,
    /// Vector memory: read a line of words from this word on.
    output logic                          vm_valid_o,
    /// Vector memory: number of the first word.
    output logic [15+$clog2(8*CH):0]      vm_word_o,
    /// Vector memory: two cycles later, each lane's word of the line or, below the first word's lane, of the next.
    input  wire logic [512*CH-1:0]        vm_data_i,
    /// Memory: a write burst is offered.
    output logic                          aw_valid_o,
    /// Memory: it is accepted.
    input  wire logic                     aw_ready_i,
    /// Memory: its first line.
    output logic [33-$clog2(CH):0]        aw_line_o,
    /// Memory: its lines.
    output logic [$clog2(BL+1)-1:0]       aw_lines_o,
    /// Memory: number of the instruction that writes it.
    output logic [15:0]                   aw_pc_o,
    /// Memory: a line is offered.
    output logic                          w_valid_o,
    /// Memory: it is accepted.
    input  wire logic                     w_ready_i,
    /// Memory: its data.
    output logic [512*CH-1:0]             w_data_o,
    /// Memory: its words that are written.
    output logic [8*CH-1:0]               w_strobe_o,
    /// Memory: it is the burst's last.
    output logic                          w_last_o,
    /// Memory: a response arrives; it is always taken.
    input  wire logic                     b_valid_i,
    /// A value of RESULT that is written is infinite or NaN; one cycle a piece.
    output logic                          nonfinite_o
);
  localparam int unsigned LANE_BITS = $clog2(8 * CH);
  localparam int unsigned SHIFT_BITS = $clog2(BANKS * C / 2 > 16 * CH ? BANKS * C / 2 : 16 * CH);
  localparam logic [1:0] RESULT = 2'd0;
  localparam logic [1:0] VMEM = 2'd1;

  logic piece_valid;
  logic [1:0] piece_kind;
  logic piece_half;
  logic [SHIFT_BITS-1:0] piece_shift;
  logic [LANE_BITS-1:0] piece_lane;
  logic [LANE_BITS-1:0] piece_words;
  logic piece_fresh;
  logic push;
  logic line_valid;
  logic line_pop;
  logic burst_valid;
  logic [33-$clog2(CH):0] burst_line;
  logic [$clog2(BL+1)-1:0] burst_lines;
  logic burst_last;
  logic burst_pop;

  assign rd_valid_o = piece_valid && piece_kind == RESULT;
  assign vm_valid_o = piece_valid && piece_kind == VMEM;

  store_address #(.C(C), .CH(CH), .BL(BL), .SF(SF), .SHIFT_BITS(SHIFT_BITS)) address (
      .clk_i(clk_i), .rst_ni(rst_ni), .clear_i(clear_i), .op_valid_i(op_valid_i), .op_ready_o(op_ready_o),
      .op_params_i(op_params_i), .op_flags_i(op_flags_i), .op_pc_i(op_pc_i), .release_o(release_o), .piece_valid_o(piece_valid),
      .piece_kind_o(piece_kind), .piece_half_o(piece_half), .piece_address_o(rd_addr_o), .piece_word_o(vm_word_o),
      .piece_shift_o(piece_shift), .piece_lane_o(piece_lane), .piece_words_o(piece_words),
      .piece_fresh_o(piece_fresh), .push_o(push), .pop_i(line_pop), .burst_valid_o(burst_valid),
      .burst_line_o(burst_line), .burst_lines_o(burst_lines), .burst_pc_o(aw_pc_o), .burst_last_o(burst_last),
      .burst_pop_i(burst_pop));

  store_data #(.C(C), .CH(CH), .SF(SF), .BANKS(BANKS), .SHIFT_BITS(SHIFT_BITS)) data (
      .clk_i(clk_i), .rst_ni(rst_ni), .piece_valid_i(piece_valid), .piece_kind_i(piece_kind),
      .piece_half_i(piece_half), .piece_shift_i(piece_shift), .piece_lane_i(piece_lane),
      .piece_words_i(piece_words), .piece_fresh_i(piece_fresh), .push_i(push), .result_data_i(rd_data_i),
      .vector_data_i(vm_data_i), .line_valid_o(line_valid), .line_data_o(w_data_o), .line_strobe_o(w_strobe_o),
      .line_pop_i(line_pop), .nonfinite_o(nonfinite_o));

  store_write #(.CH(CH), .BL(BL)) writes (
      .clk_i(clk_i), .rst_ni(rst_ni), .burst_valid_i(burst_valid), .burst_line_i(burst_line),
      .burst_lines_i(burst_lines), .burst_last_i(burst_last), .burst_pop_o(burst_pop), .line_valid_i(line_valid),
      .line_pop_o(line_pop), .aw_valid_o(aw_valid_o), .aw_ready_i(aw_ready_i), .aw_line_o(aw_line_o),
      .aw_lines_o(aw_lines_o), .w_valid_o(w_valid_o), .w_ready_i(w_ready_i), .w_last_o(w_last_o),
      .b_valid_i(b_valid_i), .done_o(done_o));
endmodule

`default_nettype wire
