// One engine's instruction stream; docs/architecture/contract.md §3.
//
// One instruction a cycle. The instruction memory is read a cycle ahead, at the address that follows if the present
// instruction completes, so that END jumps without a bubble and a stalled instruction simply keeps the read data.
`default_nettype none

module sequencer #(
    /// Ganged memory channels; a line holds 8*CH instructions.
    parameter int unsigned CH = 1,
    /// Instructions in the memory, a multiple of 8*CH.
    parameter int unsigned IM = 1024
) (
    /// Clock.
    input  wire logic                             clk_i,
    /// Synchronous reset, active low: halted.
    input  wire logic                             rst_ni,
    /// A new program: registers 0, loop stack empty, program counter 0, `count_i` taken.
    input  wire logic                             clear_i,
    /// Instructions of this stream; 0: halted from the start.
    input  wire logic [15:0]                      count_i,
    /// Write one line of instructions; never while running.
    input  wire logic                             write_valid_i,
    /// Its number, from 0.
    input  wire logic [$clog2(IM/(8*CH))-1:0]     write_line_i,
    /// Its instructions, the first in the low bits.
    input  wire logic [512*CH-1:0]                write_data_i,
    /// The first instruction is executed in the next cycle.
    input  wire logic                             go_i,
    /// A WAIT stands in this cycle.
    output logic                                  wait_valid_o,
    /// Its semaphore.
    output logic [3:0]                            wait_semaphore_o,
    /// The tokens it needs.
    output logic [7:0]                            wait_amount_o,
    /// The semaphore holds them; they are taken.
    input  wire logic                             wait_grant_i,
    /// A POST is executed.
    output logic                                  post_valid_o,
    /// Its semaphore.
    output logic [3:0]                            post_semaphore_o,
    /// The tokens it puts.
    output logic [7:0]                            post_amount_o,
    /// A RUN stands in this cycle.
    output logic                                  op_valid_o,
    /// The engine takes it: dispatched.
    input  wire logic                             op_ready_i,
    /// The registers, register i in bits 40*i +: 40.
    output logic [1279:0]                         op_params_o,
    /// Engine flags of the RUN.
    output logic [15:0]                           op_flags_o,
    /// Token fields of the RUN: push_end, push_early1, push_early0.
    output logic [14:0]                           op_tokens_o,
    /// HALT is executed in this cycle.
    output logic                                  halt_o,
    /// Not running: halted, stopped by an error, or not started.
    output logic                                  idle_o,
    /// Illegal instruction or immediate, loop stack over- or underflow, or the end of the stream without HALT;
    /// execution stops.
    output logic                                  error_o,
    /// Number of the instruction in this cycle.
    output logic [15:0]                           pc_o
);
  localparam int unsigned WORDS = 8 * CH;
  localparam int unsigned LANE_BITS = $clog2(WORDS);
  localparam int unsigned PC_BITS = $clog2(IM);
  localparam int unsigned DEPTH = sat_isa::LOOP_DEPTH;
  localparam int unsigned LEVEL_BITS = $clog2(DEPTH + 1);

  // The instruction memory, a line wide.
  (* ram_style = "block" *)
  logic [512*CH-1:0] memory_q [0:IM/WORDS-1];
  logic [512*CH-1:0] read_q;
  logic [63:0] first_q;      // instruction 0, kept when its line is written: nothing could be read ahead of it
  logic use_first_q;
  logic [63:0] instruction;

  logic running_q;
  logic [15:0] count_q;
  logic [PC_BITS:0] pc_q;    // one bit more: a stream may fill the memory and run over its end
  logic [PC_BITS:0] pc_next;
  logic [1279:0] registers_q;

  // Loop stack: level_q loops are open, the innermost is kept apart from the others.
  logic [LEVEL_BITS-1:0] level_q;
  logic [PC_BITS:0] top_q;
  logic [39:0] left_q;
  logic [DEPTH*(PC_BITS+1)-1:0] outer_top_q;
  logic [DEPTH*40-1:0] outer_left_q;

  logic [7:0] opcode;
  logic [4:0] rd;
  logic [4:0] rs;
  logic [39:0] imm;
  logic [39:0] rs_value;
  logic [39:0] operand;
  logic [39:0] result;
  logic write_register;
  logic over;
  logic known;
  logic execute;
  logic advance;
  logic loop_again;
  logic stack_fault;
  logic stops;
  logic bad_immediate;

  assign instruction = use_first_q ? first_q : read_q[64*pc_q[LANE_BITS-1:0]+:64];
  assign opcode = instruction[sat_isa::FIELD_OPCODE_LSB+:sat_isa::FIELD_OPCODE_WIDTH];
  assign rd = instruction[sat_isa::FIELD_RD_LSB+:5];
  assign rs = instruction[sat_isa::FIELD_RS_LSB+:5];
  assign imm = instruction[sat_isa::FIELD_IMM_LSB+:sat_isa::FIELD_IMM_WIDTH];

  assign over = 16'(pc_q) >= count_q;
  assign known = opcode <= sat_isa::OP_RUN && instruction[55:53] == '0 && instruction[47:45] == '0;
  assign stack_fault = (opcode == sat_isa::OP_LOOP && level_q == LEVEL_BITS'(DEPTH)) ||
                       (opcode == sat_isa::OP_END && level_q == '0);
  assign stops = over || !known || stack_fault;
  // An instruction with a bad immediate is executed once more, so that the check is not in the way of the next address.
  always_comb begin
    case (opcode)
      sat_isa::OP_LOOP: bad_immediate = imm == '0 || imm[39];
      sat_isa::OP_WAIT, sat_isa::OP_POST: bad_immediate = imm == '0 || imm[39:8] != '0 || rd[4];
      default: bad_immediate = 1'b0;
    endcase
  end
  assign error_o = running_q && (stops || bad_immediate);
  assign execute = running_q && !stops;

  assign wait_valid_o = execute && opcode == sat_isa::OP_WAIT;
  assign wait_semaphore_o = rd[3:0];
  assign wait_amount_o = imm[7:0];
  assign post_valid_o = execute && opcode == sat_isa::OP_POST;
  assign post_semaphore_o = rd[3:0];
  assign post_amount_o = imm[7:0];
  assign op_valid_o = execute && opcode == sat_isa::OP_RUN;
  assign op_params_o = registers_q;
  assign op_flags_o = imm[sat_isa::RUN_FLAGS_LSB+:sat_isa::RUN_FLAGS_WIDTH];
  assign op_tokens_o = imm[14:0];
  assign halt_o = execute && opcode == sat_isa::OP_HALT;
  assign idle_o = !running_q;
  assign pc_o = 16'(pc_q);

  assign advance = execute && !(wait_valid_o && !wait_grant_i) && !(op_valid_o && !op_ready_i) && !halt_o;
  assign loop_again = opcode == sat_isa::OP_END && left_q > 40'd1;
  assign pc_next = loop_again ? top_q : pc_q + 1'b1;

  // Register instructions share one adder.
  assign rs_value = registers_q[40*rs+:40];
  assign operand = opcode == sat_isa::OP_ADDR ? registers_q[40*imm[4:0]+:40] : imm;
  always_comb begin
    case (opcode)
      sat_isa::OP_SET: result = imm;
      sat_isa::OP_XOR: result = rs_value ^ imm;
      default: result = rs_value + operand;
    endcase
  end
  assign write_register = execute && (opcode == sat_isa::OP_SET || opcode == sat_isa::OP_ADD ||
                                      opcode == sat_isa::OP_ADDR || opcode == sat_isa::OP_XOR);

  always_ff @(posedge clk_i) begin
    if (write_valid_i) memory_q[write_line_i] <= write_data_i;
  end
  always_ff @(posedge clk_i) begin
    if (advance) read_q <= memory_q[pc_next[PC_BITS-1:LANE_BITS]];
  end

  always_ff @(posedge clk_i) begin
    if (write_valid_i && write_line_i == '0) first_q <= write_data_i[63:0];
    if (clear_i) use_first_q <= 1'b1;
    else if (advance) use_first_q <= 1'b0;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      running_q <= 1'b0;
      count_q   <= rst_ni ? count_i : '0;
      pc_q      <= '0;
    end else if (go_i) begin
      running_q <= count_q != '0;
    end else begin
      if (halt_o || error_o) running_q <= 1'b0;
      if (advance) pc_q <= pc_next;
    end
  end

  for (genvar i = 0; i < 32; i++) begin : gen_register
    always_ff @(posedge clk_i) begin
      if (!rst_ni || clear_i) registers_q[40*i+:40] <= '0;
      else if (write_register && rd == 5'(i)) registers_q[40*i+:40] <= result;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      level_q <= '0;
    end else if (execute && opcode == sat_isa::OP_LOOP) begin
      level_q <= level_q + 1'b1;
      top_q <= pc_q + 1'b1;
      left_q <= imm;
      outer_top_q <= {outer_top_q[(DEPTH-1)*(PC_BITS+1)-1:0], top_q};
      outer_left_q <= {outer_left_q[(DEPTH-1)*40-1:0], left_q};
    end else if (execute && opcode == sat_isa::OP_END) begin
      if (loop_again) begin
        left_q <= left_q - 40'd1;
      end else begin
        level_q <= level_q - 1'b1;
        top_q <= outer_top_q[PC_BITS:0];
        left_q <= outer_left_q[39:0];
        outer_top_q <= {{(PC_BITS + 1) {1'b0}}, outer_top_q[DEPTH*(PC_BITS+1)-1:PC_BITS+1]};
        outer_left_q <= {40'd0, outer_left_q[DEPTH*40-1:40]};
      end
    end
  end
endmodule

`default_nettype wire
