// Test bench top: LOAD behind the read port; docs/architecture/contract.md §4.
`default_nettype none

module load_bench #(
    /// Array rows.
    parameter int unsigned R = 4,
    /// Ganged memory channels.
    parameter int unsigned CH = 1,
    /// Longest burst in lines.
    parameter int unsigned BL = 16,
    /// Piece FIFO.
    parameter int unsigned PF = 256,
    /// Line FIFO.
    parameter int unsigned LF = 64
) (
    /// Clock.
    input  wire logic                      clk_i,
    /// Reset, active low.
    input  wire logic                      rst_ni,
    /// Operation, as in `load`.
    input  wire logic                      op_valid_i,
    /// See `op_valid_i`.
    output logic                           op_ready_o,
    /// See `op_valid_i`.
    input  wire logic [1279:0]             op_params_i,
    /// See `op_valid_i`.
    input  wire logic [15:0]               op_flags_i,
    /// Ends, as in `load`.
    output logic                           release_o,
    /// See `release_o`.
    output logic                           done_o,
    /// Write port, as in `load`.
    output logic                           wr_valid_o,
    /// See `wr_valid_o`.
    output logic [2:0]                     wr_kind_o,
    /// See `wr_valid_o`.
    output logic [512*CH-1:0]              wr_data_o,
    /// See `wr_valid_o`.
    output logic [8*CH-1:0]                wr_lane_en_o,
    /// See `wr_valid_o`.
    output logic [15:0]                    wr_line_o,
    /// See `wr_valid_o`.
    output logic [$clog2(8*CH)-1:0]        wr_first_lane_o,
    /// See `wr_valid_o`.
    output logic [$clog2(R)-1:0]           wr_row_o,
    /// See `wr_valid_o`.
    output logic [15:0]                    wr_spread_word_o,
    /// See `wr_valid_o`.
    output logic [7:0]                     wr_group_words_o,
    /// Memory, as in `read_port`.
    output logic                           ar_valid_o,
    /// See `ar_valid_o`.
    output logic [33-$clog2(CH):0]         ar_line_o,
    /// See `ar_valid_o`.
    output logic [$clog2(BL+1)-1:0]        ar_lines_o,
    /// See `ar_valid_o`.
    input  wire logic                      r_valid_i,
    /// See `ar_valid_o`.
    input  wire logic [512*CH-1:0]         r_data_i
);
  logic req_valid;
  logic [33-$clog2(CH):0] req_line;
  logic [$clog2(BL+1)-1:0] req_lines;
  logic req_ready;
  logic line_valid;
  logic [512*CH-1:0] line_data;
  logic line_pop;
  logic fetch_ready;
  logic [15:0] req_pc;
  logic [$clog2(8*CH):0] wr_words;

  load #(.R(R), .CH(CH), .BL(BL), .PF(PF)) dut (
      .clk_i(clk_i), .rst_ni(rst_ni), .clear_i(1'b0), .op_valid_i(op_valid_i), .op_ready_o(op_ready_o),
      .op_params_i(op_params_i), .op_flags_i(op_flags_i), .release_o(release_o), .done_o(done_o),
      .req_valid_o(req_valid), .req_line_o(req_line), .req_lines_o(req_lines), .req_ready_i(req_ready),
      .line_valid_i(line_valid), .line_data_i(line_data), .line_pop_o(line_pop), .wr_valid_o(wr_valid_o),
      .wr_kind_o(wr_kind_o), .wr_data_o(wr_data_o), .wr_lane_en_o(wr_lane_en_o), .wr_line_o(wr_line_o),
      .wr_first_lane_o(wr_first_lane_o), .wr_row_o(wr_row_o), .wr_spread_word_o(wr_spread_word_o),
      .wr_group_words_o(wr_group_words_o), .op_pc_i('0), .req_pc_o(req_pc), .wr_words_o(wr_words));

  read_port #(.CH(CH), .BL(BL), .LF(LF)) port (
      .clk_i(clk_i), .rst_ni(rst_ni), .fetch_valid_i(1'b0), .fetch_line_i('0), .fetch_room_i('0), .fetch_left_i('0),
      .fetch_ready_o(fetch_ready), .load_valid_i(req_valid), .load_line_i(req_line), .load_lines_i(req_lines),
      .load_ready_o(req_ready), .line_valid_o(line_valid), .line_data_o(line_data), .line_pop_i(line_pop),
      .ar_valid_o(ar_valid_o), .ar_ready_i(1'b1), .ar_line_o(ar_line_o), .ar_lines_o(ar_lines_o),
      .r_valid_i(r_valid_i), .r_data_i(r_data_i));

  logic unused;
  assign unused = &{1'b0, fetch_ready, req_pc, wr_words};
endmodule

`default_nettype wire
