// A memory of lines of 64-bit lanes with one write and one read port; docs/architecture/contract.md §5 (north buffers).
//
// Each lane has a write address of its own, so that a run of words can start at any lane. A word written in cycle t is
// readable from t+1 on; the line read in cycle t stands at the output in t+1.
`default_nettype none

module lane_memory #(
    /// Lanes of a line.
    parameter int unsigned LANES = 8,
    /// Lines.
    parameter int unsigned DEPTH = 128,
    /// Lanes, from lane 0 up, that lie in UltraRAM, however shallow.
    parameter int unsigned ULTRA_LANES = 0
) (
    /// Clock.
    input  wire logic                     clk_i,
    /// Words in their lanes.
    input  wire logic [64*LANES-1:0]      wr_data_i,
    /// Lanes that are written.
    input  wire logic [LANES-1:0]         wr_lane_en_i,
    /// The line of every lane, as `lane_lines` has it: lane l's in bits $clog2(DEPTH)*l +: $clog2(DEPTH).
    input  wire logic [LANES*$clog2(DEPTH)-1:0] wr_lines_i,
    /// Line to read.
    input  wire logic [15:0]              rd_line_i,
    /// Its lanes that are wanted.
    input  wire logic [LANES-1:0]         rd_lane_en_i,
    /// Those, one cycle later; 0 in the others.
    output logic [64*LANES-1:0]           rd_data_o
);
  localparam int unsigned ADDRESS_BITS = $clog2(DEPTH);

  for (genvar l = 0; l < LANES; l++) begin : gen_lane
    dual_port_ram #(.WIDTH(64), .DEPTH(DEPTH), .ULTRA(l < ULTRA_LANES)) lane (
        .clk_i(clk_i), .wr_valid_i(wr_lane_en_i[l]), .wr_address_i(wr_lines_i[ADDRESS_BITS*l+:ADDRESS_BITS]),
        .wr_data_i(wr_data_i[64*l+:64]), .rd_valid_i(rd_lane_en_i[l]), .rd_address_i(rd_line_i[ADDRESS_BITS-1:0]),
        .rd_data_o(rd_data_o[64*l+:64]));
  end

  logic unused;
  assign unused = &{1'b0, rd_line_i};
endmodule

`default_nettype wire
