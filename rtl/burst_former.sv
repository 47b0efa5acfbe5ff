// Forms bursts from the lines that pieces touch; docs/architecture/contract.md §4 "Address generation" and §7.
//
// One burst is open at a time. It grows while pieces stay in its last line or go on to the next one, up to BL lines and
// never over a multiple of BL; otherwise it is closed, and a closed burst waits in a queue for its address handshake.
`default_nettype none

module burst_former #(
    /// Bits of a line number.
    parameter int unsigned LINE_BITS = 34,
    /// Longest burst in lines, a power of two.
    parameter int unsigned BL = 16,
    /// Closed bursts that can wait.
    parameter int unsigned DEPTH = 64
) (
    /// Clock.
    input  wire logic                        clk_i,
    /// Synchronous reset, active low.
    input  wire logic                        rst_ni,
    /// A piece in this cycle touches a line.
    input  wire logic                        touch_i,
    /// That line.
    input  wire logic [LINE_BITS-1:0]        line_i,
    /// End of the operation: close the open burst, if any; not together with `touch_i`.
    input  wire logic                        close_i,
    /// The piece is the first of its line in its burst.
    output logic                             new_line_o,
    /// A burst is open at the beginning of the cycle.
    output logic                             open_o,
    /// A closed burst waits.
    output logic                             burst_valid_o,
    /// Its first line.
    output logic [LINE_BITS-1:0]             burst_line_o,
    /// Its lines.
    output logic [$clog2(BL+1)-1:0]          burst_lines_o,
    /// It is the last of its operation.
    output logic                             burst_last_o,
    /// It leaves the queue; only when `burst_valid_o`.
    input  wire logic                        burst_pop_i
);
  localparam int unsigned BURST_BITS = $clog2(BL + 1);
  localparam int unsigned COUNT_BITS = $clog2(DEPTH + 1);

  logic open_q;
  logic [LINE_BITS-1:0] first_q;
  logic [LINE_BITS-1:0] last_q;
  logic [BURST_BITS-1:0] lines_q;
  logic same;
  logic grows;
  logic close;
  logic [COUNT_BITS-1:0] count;

  assign same = open_q && line_i == last_q;
  assign grows = open_q && line_i == last_q + 1'b1 && lines_q != BURST_BITS'(BL) && line_i[$clog2(BL)-1:0] != '0;
  assign new_line_o = touch_i && !same;
  assign close = open_q && (close_i || (touch_i && !same && !grows));
  assign open_o = open_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) open_q <= 1'b0;
    else if (touch_i) open_q <= 1'b1;
    else if (close_i) open_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (touch_i && !same) begin
      last_q <= line_i;
      if (grows) begin
        lines_q <= lines_q + 1'b1;
      end else begin
        first_q <= line_i;
        lines_q <= BURST_BITS'(1);
      end
    end
  end

  sync_fifo #(.WIDTH(LINE_BITS + BURST_BITS + 1), .DEPTH(DEPTH)) closed_fifo (
      .clk_i(clk_i), .rst_ni(rst_ni), .push_i(close), .data_i({close_i, lines_q, first_q}), .pop_i(burst_pop_i),
      .data_o({burst_last_o, burst_lines_o, burst_line_o}), .valid_o(burst_valid_o), .count_o(count));

  logic unused;
  assign unused = &{1'b0, count};
endmodule

`default_nettype wire
