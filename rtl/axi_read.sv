// From the core's line-wide read port to the ganged AXI4 read channels; docs/architecture/top.md.
//
// Every burst of lines becomes one INCR burst of 64-byte beats on each channel. Channels may run apart: each has a queue
// of addresses and a buffer of beats, and a line is complete when all its beats are there. A burst handed over in cycle t
// stands on the channels in t+2; a line whose last beat arrives in cycle t is handed over in t+1.
`default_nettype none

module axi_read #(
    /// Ganged memory channels, a power of two.
    parameter int unsigned CH = 1,
    /// Longest burst in lines.
    parameter int unsigned BL = 16,
    /// Lines that can be under way: the core's line FIFO.
    parameter int unsigned LF = 64,
    /// Bursts whose address a channel has not taken yet, at least 4.
    parameter int unsigned QUEUE = 16,
    /// Beats by which a channel may be ahead of another, at least 2.
    parameter int unsigned SKEW = 32
) (
    /// Clock.
    input  wire logic                     clk_i,
    /// Synchronous reset, active low.
    input  wire logic                     rst_ni,
    /// A program runs; otherwise nothing new is taken and what comes back is thrown away.
    input  wire logic                     run_i,
    /// Base byte addresses of the channels, 64 bits each.
    input  wire logic [64*CH-1:0]         base_i,
    /// First line that must not be touched.
    input  wire logic [63:0]              limit_i,
    /// Core: a read burst is offered.
    input  wire logic                     ar_valid_i,
    /// Core: it is accepted.
    output logic                          ar_ready_o,
    /// Core: its first line.
    input  wire logic [33-$clog2(CH):0]   ar_line_i,
    /// Core: its lines.
    input  wire logic [$clog2(BL+1)-1:0]  ar_lines_i,
    /// Core: its tag.
    input  wire logic [16:0]              ar_tag_i,
    /// Core: a line is complete; it must be taken.
    output logic                          r_valid_o,
    /// Core: that line.
    output logic [512*CH-1:0]             r_data_o,
    /// A burst reached `limit_i`: it was not issued, and nothing more is taken until `run_i` has been 0.
    output logic                          range_error_o,
    /// A beat of a line came with an error.
    output logic                          response_error_o,
    /// Tag of the burst, with either error.
    output logic [16:0]                   error_tag_o,
    /// Its first line (range), or the line (response).
    output logic [33-$clog2(CH):0]        error_line_o,
    /// Channels of the response error.
    output logic [CH-1:0]                 error_channels_o,
    /// Nothing is under way.
    output logic                          idle_o,
    /// A line is awaited.
    output logic                          waits_o,
    /// AXI4, channel c in the c-th part of each.
    output logic [CH-1:0]                 m_arvalid_o,
    /// See `m_arvalid_o`.
    input  wire logic [CH-1:0]            m_arready_i,
    /// See `m_arvalid_o`.
    output logic [64*CH-1:0]              m_araddr_o,
    /// See `m_arvalid_o`.
    output logic [8*CH-1:0]               m_arlen_o,
    /// See `m_arvalid_o`.
    input  wire logic [CH-1:0]            m_rvalid_i,
    /// See `m_arvalid_o`.
    output logic [CH-1:0]                 m_rready_o,
    /// See `m_arvalid_o`.
    input  wire logic [512*CH-1:0]        m_rdata_i,
    /// See `m_arvalid_o`.
    input  wire logic [2*CH-1:0]          m_rresp_i
);
  localparam int unsigned LINE_BITS = 34 - $clog2(CH);
  localparam int unsigned BURST_BITS = $clog2(BL + 1);
  localparam int unsigned QUEUE_BITS = $clog2(QUEUE + 1);
  localparam int unsigned SKEW_BITS = $clog2(SKEW + 1);

  // The burst taken in the cycle before, where its range is judged.
  logic valid_q;
  logic [LINE_BITS-1:0] line_q;
  logic [BURST_BITS-1:0] lines_q;
  logic [16:0] tag_q;
  logic blocked_q;  // after a burst out of range
  logic out_of_range;
  logic issue;
  logic [CH-1:0] has_room;

  // The burst whose lines arrive.
  logic flight_valid;
  logic [16:0] flight_tag;
  logic [LINE_BITS-1:0] flight_line;
  logic [BURST_BITS-1:0] flight_lines;
  logic [$clog2(LF+1)-1:0] flight_count;
  logic [BURST_BITS-1:0] arrived_q;  // its lines that have
  logic last_line;
  logic [CH-1:0] beat_valid;
  logic [CH-1:0] beat_error;
  logic [512*CH-1:0] beat_data;
  logic complete;

  assign ar_ready_o = run_i && !blocked_q && !out_of_range && (&has_room);
  assign out_of_range = valid_q && 64'(line_q) + 64'(lines_q) > limit_i;
  assign issue = valid_q && !out_of_range;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q   <= 1'b0;
      blocked_q <= 1'b0;
    end else begin
      valid_q   <= ar_valid_i && ar_ready_o;
      blocked_q <= run_i && (blocked_q || out_of_range);
    end
  end
  always_ff @(posedge clk_i) begin
    line_q  <= ar_line_i;
    lines_q <= ar_lines_i;
    tag_q   <= ar_tag_i;
  end

  for (genvar c = 0; c < CH; c++) begin : gen_channel
    logic [QUEUE_BITS-1:0] queued;
    logic [SKEW_BITS-1:0] buffered;
    logic [63:0] address;
    logic [7:0] length;
    assign address = base_i[64*c+:64] + {{(58 - LINE_BITS) {1'b0}}, line_q, 6'd0};
    assign length = 8'(lines_q) - 8'd1;

    // Room for the burst being judged and for one more.
    assign has_room[c] = queued <= QUEUE_BITS'(QUEUE - 2);
    sync_fifo #(.WIDTH(72), .DEPTH(QUEUE)) addresses (
        .clk_i(clk_i), .rst_ni(rst_ni), .push_i(issue), .data_i({length, address}),
        .pop_i(m_arvalid_o[c] && m_arready_i[c]), .data_o({m_arlen_o[8*c+:8], m_araddr_o[64*c+:64]}),
        .valid_o(m_arvalid_o[c]), .count_o(queued));

    assign m_rready_o[c] = buffered != SKEW_BITS'(SKEW);
    sync_fifo #(.WIDTH(513), .DEPTH(SKEW)) beats (
        .clk_i(clk_i), .rst_ni(rst_ni), .push_i(m_rvalid_i[c] && m_rready_o[c]),
        .data_i({m_rresp_i[2*c+:2] != 2'b00, m_rdata_i[512*c+:512]}), .pop_i(complete),
        .data_o({beat_error[c], beat_data[512*c+:512]}), .valid_o(beat_valid[c]), .count_o(buffered));
  end

  sync_fifo #(.WIDTH(17 + LINE_BITS + BURST_BITS), .DEPTH(LF)) flight (
      .clk_i(clk_i), .rst_ni(rst_ni), .push_i(issue), .data_i({tag_q, line_q, lines_q}), .pop_i(complete && last_line),
      .data_o({flight_tag, flight_line, flight_lines}), .valid_o(flight_valid), .count_o(flight_count));

  assign complete = flight_valid && (&beat_valid);
  assign last_line = arrived_q + 1'b1 == flight_lines;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) arrived_q <= '0;
    else if (complete) arrived_q <= last_line ? '0 : arrived_q + 1'b1;
  end

  assign r_valid_o = complete;
  assign r_data_o = beat_data;
  assign idle_o = !valid_q && !flight_valid;
  assign waits_o = flight_valid && !complete;

  assign range_error_o = out_of_range;
  assign response_error_o = complete && beat_error != '0;
  assign error_channels_o = beat_error;
  assign error_tag_o = out_of_range ? tag_q : flight_tag;
  assign error_line_o = out_of_range ? line_q : flight_line + LINE_BITS'(arrived_q);

  logic unused;
  assign unused = &{1'b0, flight_count};
endmodule

`default_nettype wire
