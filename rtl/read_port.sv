// The read side of the gang's memory port: line FIFO and request credit; docs/architecture/contract.md §2 and §4.
//
// FETCH and LOAD share it, FETCH first; LOAD runs only when all lines of FETCH have been popped. A burst is requested
// only when the FIFO has room for all its lines, so a line that comes back is always taken.
`default_nettype none

module read_port #(
    /// Ganged memory channels.
    parameter int unsigned CH = 1,
    /// Longest burst in lines.
    parameter int unsigned BL = 16,
    /// Lines of the FIFO, at least BL.
    parameter int unsigned LF = 64,
    /// Bits of the number of lines that FETCH has left.
    parameter int unsigned LEFT_BITS = 8
) (
    /// Clock.
    input  wire logic                        clk_i,
    /// Synchronous reset, active low.
    input  wire logic                        rst_ni,
    /// FETCH wants a burst.
    input  wire logic                        fetch_valid_i,
    /// Its first line.
    input  wire logic [33-$clog2(CH):0]      fetch_line_i,
    /// Its lines are this many, or all that are left if these are fewer.
    input  wire logic [$clog2(BL+1)-1:0]     fetch_room_i,
    /// See `fetch_room_i`.
    input  wire logic [LEFT_BITS-1:0]        fetch_left_i,
    /// It has its address handshake in this cycle.
    output logic                             fetch_ready_o,
    /// LOAD wants a burst.
    input  wire logic                        load_valid_i,
    /// Its first line.
    input  wire logic [33-$clog2(CH):0]      load_line_i,
    /// Its lines.
    input  wire logic [$clog2(BL+1)-1:0]     load_lines_i,
    /// It has its address handshake in this cycle.
    output logic                             load_ready_o,
    /// A line is at the head of the FIFO.
    output logic                             line_valid_o,
    /// That line.
    output logic [512*CH-1:0]                line_data_o,
    /// Pop it; only when `line_valid_o`.
    input  wire logic                        line_pop_i,
    /// Memory: a read burst is offered.
    output logic                             ar_valid_o,
    /// Memory: it is accepted.
    input  wire logic                        ar_ready_i,
    /// Memory: its first line.
    output logic [33-$clog2(CH):0]           ar_line_o,
    /// Memory: its lines.
    output logic [$clog2(BL+1)-1:0]          ar_lines_o,
    /// Memory: a line is complete.
    input  wire logic                        r_valid_i,
    /// Memory: that line.
    input  wire logic [512*CH-1:0]           r_data_i
);
  localparam int unsigned COUNT_BITS = $clog2(LF + 1);

  logic [COUNT_BITS-1:0] free_q;  // places for lines that no earlier cycle has requested and not popped
  logic [COUNT_BITS-1:0] line_count;
  logic handshake;

  assign ar_line_o = fetch_valid_i ? fetch_line_i : load_line_i;
  // The smaller of two numbers is at most `free_q` where one of them is: no need to know which it is.
  localparam int unsigned WIDE = COUNT_BITS > LEFT_BITS ? COUNT_BITS : LEFT_BITS;  // LF is BL at least
  logic [$clog2(BL+1)-1:0] fetch_lines;
  logic fetch_fits, load_fits;
  assign fetch_lines = WIDE'(fetch_left_i) < WIDE'(fetch_room_i) ? ($clog2(BL+1))'(fetch_left_i) : fetch_room_i;
  assign fetch_fits = COUNT_BITS'(fetch_room_i) <= free_q || WIDE'(fetch_left_i) <= WIDE'(free_q);
  assign load_fits = COUNT_BITS'(load_lines_i) <= free_q;
  assign ar_lines_o = fetch_valid_i ? fetch_lines : load_lines_i;
  assign ar_valid_o = fetch_valid_i ? fetch_fits : load_valid_i && load_fits;
  assign handshake = ar_valid_o && ar_ready_i;
  assign fetch_ready_o = handshake && fetch_valid_i;
  assign load_ready_o = handshake && !fetch_valid_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) free_q <= COUNT_BITS'(LF);
    else free_q <= (handshake ? free_q - COUNT_BITS'(ar_lines_o) : free_q) + COUNT_BITS'(line_pop_i);
  end

  sync_fifo #(.WIDTH(512 * CH), .DEPTH(LF)) line_fifo (
      .clk_i(clk_i), .rst_ni(rst_ni), .push_i(r_valid_i), .data_i(r_data_i), .pop_i(line_pop_i),
      .data_o(line_data_o), .valid_o(line_valid_o), .count_o(line_count));

  logic unused;
  assign unused = &{1'b0, line_count};
endmodule

`default_nettype wire
