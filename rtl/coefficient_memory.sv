// CMEM: two banks of rows of V FP32 values, each read once and written once a cycle; docs/architecture/vector.md §2.
`default_nettype none

module coefficient_memory #(
    /// Lanes.
    parameter int unsigned V = 16
) (
    /// Clock.
    input  wire logic                                       clk_i,
    /// Row to read, of both banks.
    input  wire logic [$clog2(sat_isa::VEC_CMEM_ROWS)-1:0]  rd_row_i,
    /// Both banks' values, two cycles later.
    output logic [32*V-1:0]                                 rd_bank0_o,
    output logic [32*V-1:0]                                 rd_bank1_o,
    /// Banks to write.
    input  wire logic [1:0]                                 wr_banks_i,
    /// Row to write.
    input  wire logic [$clog2(sat_isa::VEC_CMEM_ROWS)-1:0]  wr_row_i,
    /// Values for the banks.
    input  wire logic [32*V-1:0]                            wr_bank0_i,
    input  wire logic [32*V-1:0]                            wr_bank1_i
);
  (* ram_style = "ultra" *)
  logic [32*V-1:0] bank0_q [0:sat_isa::VEC_CMEM_ROWS-1];
  (* ram_style = "ultra" *)
  logic [32*V-1:0] bank1_q [0:sat_isa::VEC_CMEM_ROWS-1];
  logic [32*V-1:0] read0_q, read1_q;
  always_ff @(posedge clk_i) begin
    if (wr_banks_i[0]) bank0_q[wr_row_i] <= wr_bank0_i;
    read0_q <= bank0_q[rd_row_i];
    rd_bank0_o <= read0_q;
  end
  always_ff @(posedge clk_i) begin
    if (wr_banks_i[1]) bank1_q[wr_row_i] <= wr_bank1_i;
    read1_q <= bank1_q[rd_row_i];
    rd_bank1_o <= read1_q;
  end
endmodule

`default_nettype wire
