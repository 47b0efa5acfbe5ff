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
    /// LOAD writes.
    input  wire logic                     wr_valid_i,
    input  wire logic [64*LANES-1:0]      wr_data_i,
    input  wire logic [LANES-1:0]         wr_lane_en_i,
    input  wire logic [15:0]              wr_line_i,
    input  wire logic [$clog2(LANES)-1:0] wr_first_lane_i,
    /// The row of every lane, as `west_lanes` has it; WEST_QUADS: and the others of its quad.
    input  wire logic [LANES*$clog2(R)-1:0] wr_rows_i,
    input  wire logic                     wr_quads_i,
    /// Feed command.
    input  wire logic                     fd_valid_i,
    /// Its line.
    input  wire logic [15:0]              fd_line_i,
    /// Its word from that line on; turned: that of the first quad of rows.
    input  wire logic [15:0]              fd_word_i,
    /// One element of the word is this row's, and goes to element fd_element_i of the group RAM's word.
    input  wire logic                     fd_turned_i,
    /// See `fd_turned_i`.
    input  wire logic [1:0]               fd_element_i,
    /// Where the word goes in the group RAM.
    input  wire logic [ADDRESS_BITS-1:0]  fd_address_i,
    /// The elements that are to be written, two cycles after the command.
    output logic [3:0]                    w_enable_o,
    output logic [ADDRESS_BITS-1:0]       w_address_o,
    output logic [63:0]                   w_data_o
);
  localparam int unsigned LANE_BITS = $clog2(LANES);
  localparam int unsigned ROW_BITS = $clog2(R);
  localparam int unsigned QUADS = R < 4 ? 1 : R / 4;  // TRANSPOSED needs four rows
  localparam int unsigned QUAD = (ROW / 4) % QUADS;   // this row's

  // Lanes of this row.
  logic [LANES-1:0] mine;
  for (genvar l = 0; l < LANES; l++) begin : gen_mine
    logic [ROW_BITS-1:0] other;  // bits in which the lane's row differs
    assign other = wr_rows_i[ROW_BITS*l+:ROW_BITS] ^ ROW_BITS'(ROW);
    assign mine[l] = wr_quads_i ? other >> 2 == '0 : other == '0;
  end

  logic [15:0] line;
  logic [15:0] word;
  assign word = fd_word_i + (fd_turned_i ? 16'(QUAD) : 16'd0);
  assign line = fd_line_i + (word >> LANE_BITS);

  // Only the lane that is wanted is read, so that the word is the OR of all lanes: half the gates of a choice.
  logic [LANES-1:0] wanted;
  assign wanted = LANES'(1) << word[LANE_BITS-1:0];
  logic [64*LANES-1:0] data;
  // Block RAM decides how many rows a region of the card can hold, so one lane in sixteen lies in UltraRAM.
  lane_memory #(.LANES(LANES), .DEPTH(DEPTH), .ULTRA_LANES(LANES / 16)) memory (
      .clk_i(clk_i), .wr_valid_i(wr_valid_i), .wr_data_i(wr_data_i), .wr_lane_en_i(wr_lane_en_i & mine),
      .wr_line_i(wr_line_i), .wr_first_lane_i(wr_first_lane_i), .rd_line_i(line), .rd_lane_en_i(wanted), .rd_data_o(data));

  logic valid1_q, turned1_q;
  logic [1:0] element1_q;
  logic [63:0] read;
  always_comb begin
    read = '0;
    for (int l = 0; l < LANES; l++) read |= data[64*l+:64];
  end
  logic [ADDRESS_BITS-1:0] address1_q;
  always_ff @(posedge clk_i) begin
    valid1_q <= rst_ni && fd_valid_i;
    turned1_q <= fd_turned_i;
    element1_q <= fd_element_i;
    address1_q <= fd_address_i;
    w_enable_o <= !rst_ni || !valid1_q ? 4'd0 : turned1_q ? 4'd1 << element1_q : 4'hF;
    w_address_o <= address1_q;
    w_data_o <= turned1_q ? {4{read[16*(ROW%4)+:16]}} : read;
  end
endmodule

`default_nettype wire
