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
    input  wire logic [64*LANES-1:0]      wr_data_i,
    /// The line of every lane, as `lane_lines` has it.
    input  wire logic [LANES*$clog2(DEPTH)-1:0] wr_lines_i,
    /// The rows that every lane goes to, as `west_lanes` has them.
    input  wire logic [LANES*(R < 4 ? 3 : $clog2(R) + 1)-1:0] wr_rows_i,
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
  localparam int unsigned TARGET_BITS = R < 4 ? 3 : $clog2(R) + 1;
  localparam int unsigned QUADS = R < 4 ? 1 : R / 4;  // TRANSPOSED needs four rows
  localparam int unsigned QUAD = (ROW / 4) % QUADS;   // this row's

  // Lanes of this row.
  logic [LANES-1:0] mine;
  for (genvar l = 0; l < LANES; l++) begin : gen_mine
    logic [TARGET_BITS-1:0] target;
    assign target = wr_rows_i[TARGET_BITS*l+:TARGET_BITS];
    assign mine[l] = target >> 3 == TARGET_BITS'(QUAD) && (target[2] ? target[0] : target[1:0] == 2'(ROW % 4));
  end

  // The word's lane and what it carries; that goes into the line's adder beside the last bit, so that no adder is as long as both.
  logic [LANE_BITS:0] lane;
  logic [16:0] line;
  assign lane = {1'b0, fd_word_i[LANE_BITS-1:0]} + (fd_turned_i ? (LANE_BITS + 1)'(QUAD % LANES) : '0);
  assign line = {fd_line_i, 1'b1} + {(fd_word_i >> LANE_BITS) + (fd_turned_i ? 16'(QUAD / LANES) : 16'd0), lane[LANE_BITS]};

  // Only the lane that is wanted is read, so that the word is the OR of all lanes: half the gates of a choice.
  logic [LANES-1:0] wanted;
  assign wanted = LANES'(1) << lane[LANE_BITS-1:0];
  logic [64*LANES-1:0] data;
  // Block RAM decides how many rows a region of the card can hold, so one lane in eight lies in UltraRAM.
  lane_memory #(.LANES(LANES), .DEPTH(DEPTH), .ULTRA_LANES(LANES / 8)) memory (
      .clk_i(clk_i), .wr_data_i(wr_data_i), .wr_lane_en_i(mine), .wr_lines_i(wr_lines_i),
      .rd_line_i(line[16:1]), .rd_lane_en_i(wanted), .rd_data_o(data));

  logic valid1_q, turned1_q;
  logic [1:0] element1_q;
  // Six lanes an OR, and one of these and of the lanes that are left. Without `keep` Yosys makes a tree of fours, half as large again.
  localparam int unsigned SIXES = LANES < 8 ? 0 : (LANES - 2) / 6;
  (* keep *)
  logic [64*SIXES-1:0] six;
  logic [63:0] read;
  for (genvar s = 0; s < SIXES; s++) begin : gen_six
    always_comb begin
      six[64*s+:64] = '0;
      for (int unsigned l = 6 * s; l < 6 * s + 6; l++) six[64*s+:64] |= data[64*l+:64];
    end
  end
  always_comb begin
    read = '0;
    for (int unsigned s = 0; s < SIXES; s++) read |= six[64*s+:64];
    for (int unsigned l = 6 * SIXES; l < LANES; l++) read |= data[64*l+:64];
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

  logic unused;
  assign unused = &{1'b0, line[0]};
endmodule

`default_nettype wire
