// Reads a program's header and instructions and starts the sequencers; docs/architecture/contract.md §2.
//
// The request for the header is made in the cycle of `start_i`, which is cycle 0 of the program.
`default_nettype none

module fetch #(
    /// Ganged memory channels.
    parameter int unsigned CH = 1,
    /// Longest burst in lines, a power of two; bursts do not cross its multiples.
    parameter int unsigned BL = 16,
    /// Instructions in an engine's memory.
    parameter int unsigned IM = 1024
) (
    /// Clock.
    input  wire logic                          clk_i,
    /// Synchronous reset, active low.
    input  wire logic                          rst_ni,
    /// Start of a program; only while `idle_o`.
    input  wire logic                          start_i,
    /// Line of the program's header.
    input  wire logic [33-$clog2(CH):0]        start_line_i,
    /// A burst of lines is wanted.
    output logic                               req_valid_o,
    /// Its first line.
    output logic [33-$clog2(CH):0]             req_line_o,
    /// Its lines are this many, or all that are left if these are fewer.
    output logic [$clog2(BL+1)-1:0]            req_room_o,
    /// See `req_room_o`.
    output logic [$clog2(IM/(8*CH))+2:0]       req_left_o,
    /// So many are they.
    input  wire logic [$clog2(BL+1)-1:0]       req_lines_i,
    /// The burst has its address handshake in this cycle.
    input  wire logic                          req_ready_i,
    /// A line is at the head of the line FIFO.
    input  wire logic                          line_valid_i,
    /// That line.
    input  wire logic [512*CH-1:0]             line_data_i,
    /// It is popped in this cycle.
    output logic                               line_pop_o,
    /// The header is popped in this cycle and is a good one: a new program.
    output logic                               header_o,
    /// A header is popped in this cycle, a good one or not: whatever ran before is over.
    output logic                               clear_o,
    /// Instruction counts from the header, engine e in bits 16*e +: 16.
    output logic [63:0]                        counts_o,
    /// Initial semaphore values from the header, semaphore i in bits 8*i +: 8.
    output logic [127:0]                       semaphores_o,
    /// The line popped in this cycle goes to the instruction memory of engine e.
    output logic [3:0]                         write_valid_o,
    /// Line number in that memory.
    output logic [$clog2(IM/(8*CH))-1:0]       write_line_o,
    /// The last line is popped in this cycle: the sequencers run from the next one on.
    output logic                               go_o,
    /// No program is being fetched.
    output logic                               idle_o,
    /// The header is none, of another instruction set, or of a program that is too long; nothing is started.
    output logic                               error_o
);
  localparam int unsigned WORDS = 8 * CH;
  localparam int unsigned LINE_BITS = 34 - $clog2(CH);
  localparam int unsigned BURST_BITS = $clog2(BL + 1);
  localparam int unsigned IM_LINE_BITS = $clog2(IM / WORDS);
  localparam int unsigned TOTAL_BITS = IM_LINE_BITS + 3;
  localparam logic [31:0] MAGIC = 32'h000005A7;

  localparam logic [1:0] IDLE = 2'd0;
  localparam logic [1:0] HEADER = 2'd1;
  localparam logic [1:0] BODY = 2'd2;

  logic [1:0] state_q;
  logic [1:0] state;
  logic idle_q;  // state_q is IDLE
  logic [LINE_BITS-1:0] req_line_q;
  logic [TOTAL_BITS-1:0] req_left_q;     // lines not yet requested
  logic [TOTAL_BITS-1:0] lines_left_q;   // lines not yet popped
  logic [4*(IM_LINE_BITS+1)-1:0] engine_left_q;  // the same for each engine
  logic [IM_LINE_BITS-1:0] write_line_q;

  logic [4*(IM_LINE_BITS+1)-1:0] engine_lines;
  logic [TOTAL_BITS-1:0] total_lines;
  logic [3:0] too_long;
  logic [3:0] engine_has;
  logic [3:0] engine_select;
  logic [3:0] engine_last;
  logic header_good;
  logic body_pop;
  logic [BURST_BITS-1:0] room_q;         // lines of the next burst, unless fewer are left: 1 for the header, then up to BL's next multiple

  assign counts_o = line_data_i[127:64];
  assign semaphores_o = line_data_i[255:128];

  for (genvar e = 0; e < 4; e++) begin : gen_engine
    assign too_long[e] = 32'(counts_o[16*e+:16]) > 32'(IM);
    assign engine_lines[(IM_LINE_BITS+1)*e+:IM_LINE_BITS+1] =
        (IM_LINE_BITS + 1)'((17'(counts_o[16*e+:16]) + 17'(WORDS - 1)) >> $clog2(WORDS));
    assign engine_has[e] = engine_left_q[(IM_LINE_BITS+1)*e+:IM_LINE_BITS+1] != '0;
    assign engine_last[e] = engine_left_q[(IM_LINE_BITS+1)*e+:IM_LINE_BITS+1] == (IM_LINE_BITS + 1)'(1);
  end
  always_comb begin
    total_lines = '0;
    for (int e = 0; e < 4; e++) begin
      total_lines = total_lines + TOTAL_BITS'(engine_lines[(IM_LINE_BITS+1)*e+:IM_LINE_BITS+1]);
    end
  end
  assign engine_select = engine_has & (~engine_has + 4'd1);  // the first engine that still misses lines

  assign header_good = line_data_i[63:32] == MAGIC && line_data_i[31:0] == sat_isa::DIGEST && too_long == '0;
  assign header_o = state_q == HEADER && line_valid_i && header_good;
  assign clear_o = state_q == HEADER && line_valid_i;
  assign error_o = state_q == HEADER && line_valid_i && !header_good;
  assign body_pop = state_q == BODY && line_valid_i;
  assign line_pop_o = line_valid_i && state_q != IDLE;
  assign write_valid_o = body_pop ? engine_select : '0;
  assign write_line_o = write_line_q;
  assign go_o = (header_o && total_lines == '0) || (body_pop && lines_left_q == TOTAL_BITS'(1));
  assign idle_o = idle_q;

  assign req_valid_o = (state_q == IDLE && start_i) || (state_q == BODY && req_left_q != '0);
  assign req_line_o = state_q == IDLE ? start_line_i : req_line_q;
  assign req_room_o = room_q;
  assign req_left_o = state_q == BODY ? req_left_q : TOTAL_BITS'(1);

  always_comb begin
    state = state_q;
    case (state_q)
      IDLE: if (start_i && req_ready_i) state = HEADER;
      HEADER: if (line_valid_i) state = header_good && total_lines != '0 ? BODY : IDLE;
      default: if (go_o) state = IDLE;
    endcase
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= IDLE;
      idle_q  <= 1'b1;
    end else begin
      state_q <= state;
      idle_q  <= state == IDLE;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || state_q == IDLE) room_q <= BURST_BITS'(1);
    else if (state_q == HEADER) room_q <= BURST_BITS'(BL) - BURST_BITS'(req_line_q[$clog2(BL)-1:0]);
    else if (req_valid_o && req_ready_i) room_q <= BURST_BITS'(BL);
  end

  always_ff @(posedge clk_i) begin
    if (state_q == IDLE) begin
      req_line_q <= start_line_i + 1'b1;
    end else if (header_o) begin
      req_left_q <= total_lines;
      lines_left_q <= total_lines;
      write_line_q <= '0;
    end else if (state_q == BODY) begin
      if (req_valid_o && req_ready_i) begin
        req_line_q <= req_line_q + LINE_BITS'(req_lines_i);
        req_left_q <= req_left_q - TOTAL_BITS'(req_lines_i);
      end
      if (body_pop) begin
        lines_left_q <= lines_left_q - 1'b1;
        write_line_q <= (engine_select & engine_last) != '0 ? '0 : write_line_q + 1'b1;
      end
    end
  end

  for (genvar e = 0; e < 4; e++) begin : gen_left
    always_ff @(posedge clk_i) begin
      if (header_o) begin
        engine_left_q[(IM_LINE_BITS+1)*e+:IM_LINE_BITS+1] <= engine_lines[(IM_LINE_BITS+1)*e+:IM_LINE_BITS+1];
      end else if (write_valid_o[e]) begin
        engine_left_q[(IM_LINE_BITS+1)*e+:IM_LINE_BITS+1] <=
            engine_left_q[(IM_LINE_BITS+1)*e+:IM_LINE_BITS+1] - 1'b1;
      end
    end
  end

  logic unused;
  assign unused = &{1'b0, line_data_i};
endmodule

`default_nettype wire
