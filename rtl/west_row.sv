// The west buffer of one array row, and the word that it feeds; docs/architecture/contract.md §4 (destinations), §5 (operands).
//
// A command names a line and a word from that line on; a command in cycle t gives the word in cycle t+2.
`default_nettype none

module west_row #(
    /// This row's number.
    parameter int unsigned ROW = 0,
    /// Array rows, a power of two.
    parameter int unsigned R = 4,
    /// Lanes of a line.
    parameter int unsigned LANES = 8,
    /// Lines.
    parameter int unsigned DEPTH = 128,
    /// Bits of an address in the group RAM.
    parameter int unsigned ADDRESS_BITS = 5
) (
    /// Clock.
    input  wire logic                     clk_i,
    /// Synchronous reset, active low.
    input  wire logic                     rst_ni,
    /// LOAD writes: kind 0 WEST (one row), 1 WEST_SPREAD (every lane its own row).
    input  wire logic                     wr_valid_i,
    input  wire logic                     wr_spread_i,
    input  wire logic [64*LANES-1:0]      wr_data_i,
    input  wire logic [LANES-1:0]         wr_lane_en_i,
    input  wire logic [15:0]              wr_line_i,
    input  wire logic [$clog2(LANES)-1:0] wr_first_lane_i,
    input  wire logic [$clog2(R)-1:0]     wr_row_i,
    /// WEST_SPREAD: word number of lane 0 of the first line; log2 of the words of a group.
    input  wire logic [15:0]              wr_spread_word_i,
    input  wire logic [1:0]               wr_group_shift_i,
    /// Feed command.
    input  wire logic                     fd_valid_i,
    /// Its line.
    input  wire logic [15:0]              fd_line_i,
    /// Its word from that line on.
    input  wire logic [15:0]              fd_word_i,
    /// Where the word goes in the group RAM.
    input  wire logic [ADDRESS_BITS-1:0]  fd_address_i,
    /// The word, two cycles after its command.
    output logic                          w_valid_o,
    output logic [ADDRESS_BITS-1:0]       w_address_o,
    output logic [63:0]                   w_data_o
);
  localparam int unsigned LANE_BITS = $clog2(LANES);
  localparam int unsigned ROW_BITS = $clog2(R);

  // Lanes of this row.
  logic [LANES-1:0] mine;
  for (genvar l = 0; l < LANES; l++) begin : gen_mine
    logic [15:0] number;
    logic [15:0] group;
    assign number = wr_spread_word_i + 16'(l) + (({1'b0, wr_first_lane_i} > (LANE_BITS + 1)'(l)) ? 16'(LANES) : 16'd0);
    assign group = number >> wr_group_shift_i;
    assign mine[l] = wr_spread_i ? group[ROW_BITS-1:0] == ROW_BITS'(ROW) : wr_row_i == ROW_BITS'(ROW);
    logic unused;
    assign unused = &{1'b0, group};
  end

  logic [15:0] line;
  assign line = fd_line_i + (fd_word_i >> LANE_BITS);

  logic [64*LANES-1:0] data;
  lane_memory #(.LANES(LANES), .DEPTH(DEPTH)) memory (
      .clk_i(clk_i), .wr_valid_i(wr_valid_i), .wr_data_i(wr_data_i), .wr_lane_en_i(wr_lane_en_i & mine),
      .wr_line_i(wr_line_i), .wr_first_lane_i(wr_first_lane_i), .rd_line_i(line), .rd_data_o(data));

  logic valid1_q;
  logic [LANE_BITS-1:0] lane1_q;
  logic [ADDRESS_BITS-1:0] address1_q;
  always_ff @(posedge clk_i) begin
    valid1_q <= rst_ni && fd_valid_i;
    lane1_q <= fd_word_i[LANE_BITS-1:0];
    address1_q <= fd_address_i;
    w_valid_o <= rst_ni && valid1_q;
    w_address_o <= address1_q;
    w_data_o <= data[64*lane1_q+:64];
  end
endmodule

`default_nettype wire
