// The result buffer of one array column: sub-banks of FP32 values; docs/architecture/contract.md §5, §7.
//
// Written one value a cycle, read by STORE B consecutive addresses at a time from any address on: data two cycles after the
// read. A second copy is read by the array itself, which goes on with partial sums (WS) while STORE reads others.
`default_nettype none

module result_column #(
    /// Addresses, a power of two and a multiple of B. They count modulo DEPTH.
    parameter int unsigned DEPTH = 1024,
    /// Sub-banks, a power of two.
    parameter int unsigned B = 8
) (
    /// Clock.
    input  wire logic            clk_i,
    /// Write one value.
    input  wire logic            wr_valid_i,
    input  wire logic [15:0]     wr_addr_i,
    input  wire logic [31:0]     wr_data_i,
    /// First of B addresses to read.
    input  wire logic [15:0]     rd_addr_i,
    /// Two cycles later: block k holds address rd_addr_i + k.
    output logic [32*B-1:0]      rd_data_o,
    /// Partial sum to read.
    input  wire logic [15:0]     ps_addr_i,
    /// One cycle later: that value.
    output logic [31:0]          ps_data_o
);
  localparam int unsigned BANK_BITS = $clog2(B);
  localparam int unsigned ROWS = DEPTH / B;
  localparam int unsigned ROW_BITS = $clog2(ROWS);

  logic [15:0] wr_row;
  assign wr_row = wr_addr_i >> BANK_BITS;
  logic [15:0] wr_bank;
  assign wr_bank = wr_addr_i & 16'(B - 1);
  logic [15:0] rd_bank;
  assign rd_bank = rd_addr_i & 16'(B - 1);

  logic [32*B-1:0] read;
  for (genvar k = 0; k < B; k++) begin : gen_bank
    logic [15:0] row;
    assign row = (rd_addr_i >> BANK_BITS) + 16'(rd_bank > 16'(k));
    dual_port_ram #(.WIDTH(32), .DEPTH(ROWS)) bank (
        .clk_i(clk_i), .wr_valid_i(wr_valid_i && wr_bank == 16'(k)), .wr_address_i(wr_row[ROW_BITS-1:0]),
        .wr_data_i(wr_data_i), .rd_valid_i(1'b1), .rd_address_i(row[ROW_BITS-1:0]), .rd_data_o(read[32*k+:32]));
    logic unused;
    assign unused = &{1'b0, row};
  end

  dual_port_ram #(.WIDTH(32), .DEPTH(DEPTH)) copy (
      .clk_i(clk_i), .wr_valid_i(wr_valid_i), .wr_address_i(wr_addr_i[$clog2(DEPTH)-1:0]), .wr_data_i(wr_data_i),
      .rd_valid_i(1'b1), .rd_address_i(ps_addr_i[$clog2(DEPTH)-1:0]), .rd_data_o(ps_data_o));

  logic [15:0] bank1_q;
  logic [64*B-1:0] twice;
  assign twice = {read, read} >> {bank1_q[10:0], 5'd0};
  always_ff @(posedge clk_i) begin
    bank1_q <= rd_bank;
    rd_data_o <= twice[32*B-1:0];
  end

  logic unused;
  assign unused = &{1'b0, twice[64*B-1:32*B], wr_row, bank1_q, ps_addr_i};
endmodule

`default_nettype wire
