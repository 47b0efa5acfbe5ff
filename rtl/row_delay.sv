// The way of commands from one array row to the next: D_(r+1) - D_r cycles; docs/architecture/contract.md §5.
//
// OS: one register. WS: a ring of distributed RAM in which an entry waits one turn, then the register. The pointer that turns
// all rings comes from the controller and moves on with the rows; what a ring held before its first turn is not let through.
`default_nettype none

module row_delay #(
    /// Bits of a command that mean something by themselves, at least 1.
    parameter int unsigned FLAGS = 1,
    /// Bits that go with them.
    parameter int unsigned WIDTH = 8,
    /// Longest turn of the ring, at least 2.
    parameter int unsigned DEPTH = 60
) (
    /// Clock.
    input  wire logic                     clk_i,
    /// Synchronous reset, active low.
    input  wire logic                     rst_ni,
    /// Commands wait a turn (WS). Changes only while no command is on its way.
    input  wire logic                     ring_i,
    /// The ring has made a turn since it began.
    input  wire logic                     turned_i,
    /// The ring's entry in this cycle.
    input  wire logic [$clog2(DEPTH)-1:0] pointer_i,
    /// A command of this row.
    input  wire logic [FLAGS-1:0]         flags_i,
    /// Its other bits.
    input  wire logic [WIDTH-1:0]         data_i,
    /// The same for the next row.
    output logic                          ring_o,
    /// See `ring_o`.
    output logic                          turned_o,
    /// See `ring_o`.
    output logic [$clog2(DEPTH)-1:0]      pointer_o,
    /// See `ring_o`.
    output logic [FLAGS-1:0]              flags_o,
    /// See `ring_o`.
    output logic [WIDTH-1:0]              data_o
);
  (* ram_style = "distributed" *)
  logic [FLAGS+WIDTH-1:0] ring_q [0:DEPTH-1];
  logic [FLAGS+WIDTH-1:0] turned;
  assign turned = ring_q[pointer_i];

  always_ff @(posedge clk_i) begin
    ring_q[pointer_i] <= {flags_i, data_i};
  end
  always_ff @(posedge clk_i) begin
    ring_o    <= rst_ni && ring_i;
    turned_o  <= turned_i;
    pointer_o <= pointer_i;
    flags_o   <= !rst_ni ? '0 : !ring_i ? flags_i : turned_i ? turned[WIDTH+:FLAGS] : '0;
    data_o    <= ring_i ? turned[WIDTH-1:0] : data_i;
  end
endmodule

`default_nettype wire
