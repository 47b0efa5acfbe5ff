// Test bench top: STORE with a result buffer that answers after two cycles and the vector memory; contract.md §7.
`default_nettype none

module store_bench #(
    /// Array columns.
    parameter int unsigned C = 4,
    /// Ganged memory channels.
    parameter int unsigned CH = 1,
    /// Longest burst in lines.
    parameter int unsigned BL = 16,
    /// Line FIFO.
    parameter int unsigned SF = 64,
    /// Lines of the vector memory.
    parameter int unsigned DEPTH = 128,
    /// Result sub-banks; follows.
    parameter int unsigned BANKS = (64 * CH) / (2 * C) > 1 ? (64 * CH) / (2 * C) : 1
) (
    /// Clock.
    input  wire logic                      clk_i,
    /// Reset, active low.
    input  wire logic                      rst_ni,
    /// Operation, as in `store`.
    input  wire logic                      op_valid_i,
    /// See `op_valid_i`.
    output logic                           op_ready_o,
    /// See `op_valid_i`.
    input  wire logic [1279:0]             op_params_i,
    /// See `op_valid_i`.
    input  wire logic [15:0]               op_flags_i,
    /// See `op_valid_i`.
    output logic                           release_o,
    /// See `op_valid_i`.
    output logic                           done_o,
    /// Result port, as in `store`.
    output logic                           rd_valid_o,
    /// See `rd_valid_o`.
    output logic [15:0]                    rd_addr_o,
    /// See `rd_valid_o`.
    input  wire logic [32*BANKS*C-1:0]     rd_data_i,
    /// Vector memory write port, as in `vmem`.
    input  wire logic                      wr_valid_i,
    /// See `wr_valid_i`.
    input  wire logic [512*CH-1:0]         wr_data_i,
    /// See `wr_valid_i`.
    input  wire logic [8*CH-1:0]           wr_lane_en_i,
    /// See `wr_valid_i`.
    input  wire logic [15:0]               wr_line_i,
    /// See `wr_valid_i`.
    input  wire logic [$clog2(8*CH)-1:0]   wr_first_lane_i,
    /// A vector memory read.
    output logic                           vm_valid_o,
    /// Memory, as in `store`.
    output logic                           aw_valid_o,
    /// See `aw_valid_o`.
    output logic [33-$clog2(CH):0]         aw_line_o,
    /// See `aw_valid_o`.
    output logic [$clog2(BL+1)-1:0]        aw_lines_o,
    /// See `aw_valid_o`.
    output logic                           w_valid_o,
    /// See `aw_valid_o`.
    input  wire logic                      w_ready_i,
    /// See `aw_valid_o`.
    output logic [512*CH-1:0]              w_data_o,
    /// See `aw_valid_o`.
    output logic [8*CH-1:0]                w_strobe_o,
    /// See `aw_valid_o`.
    output logic                           w_last_o,
    /// See `aw_valid_o`.
    input  wire logic                      b_valid_i
);
  logic [15+$clog2(8*CH):0] vm_word;
  logic [512*CH-1:0] vm_data, vec_data;
  logic [15:0] aw_pc;
  logic nonfinite;

  store #(.C(C), .CH(CH), .BL(BL), .SF(SF), .BANKS(BANKS)) dut (
      .clk_i(clk_i), .rst_ni(rst_ni), .clear_i(1'b0), .op_valid_i(op_valid_i), .op_ready_o(op_ready_o),
      .op_params_i(op_params_i), .op_flags_i(op_flags_i), .release_o(release_o), .done_o(done_o),
      .rd_valid_o(rd_valid_o), .rd_addr_o(rd_addr_o), .rd_data_i(rd_data_i), .vm_valid_o(vm_valid_o),
      .vm_word_o(vm_word), .vm_data_i(vm_data), .aw_valid_o(aw_valid_o), .aw_ready_i(1'b1), .aw_line_o(aw_line_o),
      .aw_lines_o(aw_lines_o), .w_valid_o(w_valid_o), .w_ready_i(w_ready_i), .w_data_o(w_data_o),
      .w_strobe_o(w_strobe_o), .w_last_o(w_last_o), .b_valid_i(b_valid_i), .op_pc_i('0), .aw_pc_o(aw_pc),
      .nonfinite_o(nonfinite));

  vmem #(.CH(CH), .DEPTH(DEPTH)) vector_memory (
      .clk_i(clk_i), .wr_valid_i(wr_valid_i), .wr_data_i(wr_data_i), .wr_lane_en_i(wr_lane_en_i),
      .wr_line_i(wr_line_i), .wr_first_lane_i(wr_first_lane_i), .rd_valid_i(vm_valid_o), .rd_word_i(vm_word),
      .rd_data_o(vm_data), .vec_rd_valid_i(1'b0), .vec_rd_word_i('0), .vec_rd_data_o(vec_data), .vec_wr_valid_i(1'b0),
      .vec_wr_data_i('0), .vec_wr_lane_en_i('0), .vec_wr_line_i('0), .vec_wr_first_lane_i('0));

  logic unused;
  assign unused = &{1'b0, nonfinite, vec_data, aw_pc};
endmodule

`default_nettype wire
