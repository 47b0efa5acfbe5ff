// STORE's memory side: address, data and response of write bursts; docs/architecture/contract.md §7 "Writes".
//
// One burst sends data at a time; its address is offered when the previous burst's last line has gone and fewer than
// WRITE_BURSTS bursts await their response.
`default_nettype none

module store_write #(
    /// Ganged memory channels.
    parameter int unsigned CH = 1,
    /// Longest burst in lines.
    parameter int unsigned BL = 16
) (
    /// Clock.
    input  wire logic                     clk_i,
    /// Synchronous reset, active low.
    input  wire logic                     rst_ni,
    /// A closed burst waits.
    input  wire logic                     burst_valid_i,
    /// Its first line.
    input  wire logic [33-$clog2(CH):0]   burst_line_i,
    /// Its lines.
    input  wire logic [$clog2(BL+1)-1:0]  burst_lines_i,
    /// It is the last of its operation.
    input  wire logic                     burst_last_i,
    /// It leaves the queue.
    output logic                          burst_pop_o,
    /// A line waits.
    input  wire logic                     line_valid_i,
    /// It leaves the FIFO.
    output logic                          line_pop_o,
    /// Memory: a write burst is offered.
    output logic                          aw_valid_o,
    /// Memory: it is accepted.
    input  wire logic                     aw_ready_i,
    /// Memory: its first line.
    output logic [33-$clog2(CH):0]        aw_line_o,
    /// Memory: its lines.
    output logic [$clog2(BL+1)-1:0]       aw_lines_o,
    /// Memory: a line is offered.
    output logic                          w_valid_o,
    /// Memory: it is accepted.
    input  wire logic                     w_ready_i,
    /// Memory: it is the burst's last.
    output logic                          w_last_o,
    /// Memory: a response arrives; it is always taken.
    input  wire logic                     b_valid_i,
    /// The response belongs to an operation's last burst: the operation ends.
    output logic                          done_o
);
  localparam int unsigned BURST_BITS = $clog2(BL + 1);
  localparam int unsigned COUNT_BITS = $clog2(sat_isa::T_WRITE_BURSTS + 1);

  logic [BURST_BITS-1:0] left_q;   // lines of the present burst still to be sent
  logic awaiting_valid;
  logic awaiting_last;
  logic [COUNT_BITS-1:0] awaiting;

  assign aw_valid_o = burst_valid_i && left_q == '0 && awaiting != COUNT_BITS'(sat_isa::T_WRITE_BURSTS);
  assign aw_line_o = burst_line_i;
  assign aw_lines_o = burst_lines_i;
  assign burst_pop_o = aw_valid_o && aw_ready_i;

  assign w_valid_o = left_q != '0 && line_valid_i;
  assign w_last_o = left_q == BURST_BITS'(1);
  assign line_pop_o = w_valid_o && w_ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) left_q <= '0;
    else if (burst_pop_o) left_q <= burst_lines_i;
    else if (line_pop_o) left_q <= left_q - 1'b1;
  end

  sync_fifo #(.WIDTH(1), .DEPTH(sat_isa::T_WRITE_BURSTS)) awaiting_fifo (
      .clk_i(clk_i), .rst_ni(rst_ni), .push_i(burst_pop_o), .data_i(burst_last_i), .pop_i(b_valid_i && awaiting_valid),
      .data_o(awaiting_last), .valid_o(awaiting_valid), .count_o(awaiting));

  assign done_o = b_valid_i && awaiting_valid && awaiting_last;
endmodule

`default_nettype wire
