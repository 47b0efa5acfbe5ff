// A memory with a write port and a read port, data one cycle after the address; a read in the cycle of a write sees the old word.
//
// What one block RAM holds lies in block RAM, all else in UltraRAM, of which a card has plenty.
`default_nettype none

module dual_port_ram #(
    /// Bits of a word.
    parameter int unsigned WIDTH = 64,
    /// Words, at least 2.
    parameter int unsigned DEPTH = 128,
    /// 1: in UltraRAM, however small.
    parameter bit ULTRA = 0
) (
    /// Clock.
    input  wire logic                     clk_i,
    /// Write a word.
    input  wire logic                     wr_valid_i,
    input  wire logic [$clog2(DEPTH)-1:0] wr_address_i,
    input  wire logic [WIDTH-1:0]         wr_data_i,
    /// A word is read.
    input  wire logic                     rd_valid_i,
    /// Its address.
    input  wire logic [$clog2(DEPTH)-1:0] rd_address_i,
    /// One cycle later: that word; 0 where none is read.
    output logic [WIDTH-1:0]              rd_data_o
);
  // RAMB36E2 holds 36,864 bits.
  if (ULTRA || WIDTH * DEPTH > 36864) begin : gen_ultra
    (* ram_style = "ultra" *)
    logic [WIDTH-1:0] memory_q [0:DEPTH-1];
    always_ff @(posedge clk_i) begin
      if (wr_valid_i) memory_q[wr_address_i] <= wr_data_i;
      if (!rd_valid_i) rd_data_o <= '0;
      else rd_data_o <= memory_q[rd_address_i];
    end
  end else begin : gen_block
    (* ram_style = "block" *)
    logic [WIDTH-1:0] memory_q [0:DEPTH-1];
    always_ff @(posedge clk_i) begin
      if (wr_valid_i) memory_q[wr_address_i] <= wr_data_i;
      if (!rd_valid_i) rd_data_o <= '0;
      else rd_data_o <= memory_q[rd_address_i];
    end
  end
endmodule

`default_nettype wire
