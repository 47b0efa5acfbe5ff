// Forms bursts from the lines that pieces touch; docs/architecture/contract.md §4 "Address generation" and §7.
//
// Whoever forms bursts keeps the KEPT newest lines of its operation: a piece that touches one of them needs no request.
// One burst is open at a time. It grows by the line that follows its last one, up to BL lines and never over a multiple
// of BL; any other new line closes it, and a closed burst waits in a queue for its address handshake.
// LOAD also closes it with its PF/2-th piece: pieces that wait for its lines must not fill the piece FIFO.
`default_nettype none

module burst_former #(
    /// Bits of a line number.
    parameter int unsigned LINE_BITS = 34,
    /// Longest burst in lines, a power of two.
    parameter int unsigned BL = 16,
    /// Closed bursts that can wait.
    parameter int unsigned DEPTH = 64,
    /// Pieces after which a burst is closed, at least 2; 0: no such limit.
    parameter int unsigned PIECES = 0,
    /// Newest lines that are kept, 1 or 2.
    parameter int unsigned KEPT = 1,
    /// Bits of the tag that goes with a burst.
    parameter int unsigned TAG_BITS = 16
) (
    /// Clock.
    input  wire logic                        clk_i,
    /// Synchronous reset, active low.
    input  wire logic                        rst_ni,
    /// There is a piece in this cycle.
    input  wire logic                        piece_i,
    /// It touches a line.
    input  wire logic                        touch_i,
    /// That line.
    input  wire logic [LINE_BITS-1:0]        line_i,
    /// End of the operation: close the open burst, if any; not together with `piece_i`.
    input  wire logic                        close_i,
    /// Tag of the present operation, steady from its first piece to `close_i`.
    input  wire logic [TAG_BITS-1:0]         tag_i,
    /// The piece's line is none that is kept: it joins the open burst or opens one.
    output logic                             new_line_o,
    /// The piece's line is the older one of two that are kept.
    output logic                             older_line_o,
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
    /// Tag of its operation.
    output logic [TAG_BITS-1:0]              burst_tag_o,
    /// It leaves the queue; only when `burst_valid_o`.
    input  wire logic                        burst_pop_i
);
  localparam int unsigned BURST_BITS = $clog2(BL + 1);
  localparam int unsigned COUNT_BITS = $clog2(DEPTH + 1);

  logic open_q;
  logic [LINE_BITS-1:0] first_q;
  logic [LINE_BITS-1:0] last_q;
  logic [BURST_BITS-1:0] lines_q;
  logic kept_q;  // last_q is kept
  logic same;
  logic grows;
  logic full;
  logic close;
  logic [BURST_BITS-1:0] close_lines;
  logic [COUNT_BITS-1:0] count;

  assign same = (kept_q && line_i == last_q) || older_line_o;
  assign grows = open_q && line_i == last_q + 1'b1 && lines_q != BURST_BITS'(BL) && line_i[$clog2(BL)-1:0] != '0;
  assign new_line_o = touch_i && !same;
  assign close = open_q && (close_i || full || (new_line_o && !grows));
  assign close_lines = full && grows && new_line_o ? lines_q + 1'b1 : lines_q;
  assign open_o = open_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) open_q <= 1'b0;
    else if (full) open_q <= 1'b0;
    else if (new_line_o) open_q <= 1'b1;
    else if (close_i) open_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || close_i) kept_q <= 1'b0;
    else if (new_line_o) kept_q <= 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (new_line_o) begin
      last_q <= line_i;
      if (grows) begin
        lines_q <= lines_q + 1'b1;
      end else begin
        first_q <= line_i;
        lines_q <= BURST_BITS'(1);
      end
    end
  end

  if (KEPT == 1) begin : gen_one
    assign older_line_o = 1'b0;
  end else begin : gen_two
    logic kept_before_q;
    logic [LINE_BITS-1:0] before_q;
    assign older_line_o = touch_i && kept_before_q && line_i == before_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni || close_i) kept_before_q <= 1'b0;
      else if (new_line_o) kept_before_q <= kept_q;
    end
    always_ff @(posedge clk_i) begin
      if (new_line_o) before_q <= last_q;
    end
  end

  // The piece that fills the burst closes it in its own cycle, unless it breaks it anyway.
  if (PIECES == 0) begin : gen_unlimited
    assign full = 1'b0;
  end else begin : gen_limited
    localparam int unsigned PIECE_BITS = $clog2(PIECES + 1);
    logic [PIECE_BITS-1:0] pieces_q;  // since the burst was opened, the opening piece being the first
    logic opens;
    assign opens = new_line_o && !grows;
    assign full = piece_i && open_q && !opens && pieces_q == PIECE_BITS'(PIECES - 1);
    always_ff @(posedge clk_i) begin
      if (opens) pieces_q <= PIECE_BITS'(1);
      else if (piece_i) pieces_q <= pieces_q + 1'b1;
    end
  end

  sync_fifo #(.WIDTH(TAG_BITS + LINE_BITS + BURST_BITS + 1), .DEPTH(DEPTH)) closed_fifo (
      .clk_i(clk_i), .rst_ni(rst_ni), .push_i(close), .data_i({tag_i, close_i, close_lines, first_q}),
      .pop_i(burst_pop_i), .data_o({burst_tag_o, burst_last_o, burst_lines_o, burst_line_o}), .valid_o(burst_valid_o),
      .count_o(count));

  logic unused;
  assign unused = &{1'b0, count, piece_i};
endmodule

`default_nettype wire
