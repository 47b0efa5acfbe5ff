// One engine's instruction stream; docs/architecture/contract.md §3.
//
// One instruction a cycle, in two stages. The first reads the line of the instruction that follows, picks it out and
// decodes it; the second executes from registers. END jumps without a bubble, because every open loop keeps its first
// instruction beside its counter; a stalled instruction simply keeps both stages.
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
  localparam int unsigned STACK_BITS = 1 + 40 + PC_BITS + 1 + 64;

  // The instruction memory, a line wide, and the line of the instruction after the present one. UltraRAM, though few of its
  // words are used: the rows' buffers need the block RAM.
  (* ram_style = "ultra" *)
  logic [512*CH-1:0] memory_q [0:IM/WORDS-1];
  logic [512*CH-1:0] read_q;
  logic [63:0] second_q;     // instruction 1, kept when its line is written: nothing could be read ahead of it
  logic use_second_q;
  logic [PC_BITS:0] after_q; // number of the instruction after the present one
  logic [63:0] after;        // and it itself
  logic [PC_BITS:0] pc_next;
  logic [63:0] next;

  // The present instruction, decoded.
  logic running_q;
  logic [15:0] count_q;
  logic [PC_BITS:0] pc_q;    // one bit more: a stream may fill the memory and run over its end
  logic good_q;              // an instruction that exists, within the stream; else none of the next is set
  logic is_halt_q, is_set_q, is_add_q, is_addr_q, is_xor_q, is_loop_q, is_end_q, is_wait_q, is_post_q, is_run_q;
  logic [4:0] rd_q;
  logic [4:0] rs_q;
  logic [39:0] imm_q;

  // The registers; and once more as a memory with two read ports, in which what was never written counts as 0.
  logic [1279:0] registers_q;
  (* ram_style = "distributed" *)
  logic [39:0] copy_q [0:31];
  logic [31:0] written_q;
  logic [39:0] rs_value;
  logic [39:0] added_value;
  logic [39:0] operand;
  logic [39:0] result;
  logic write_register;

  // Loop stack: level_q loops are open. The innermost is kept apart from the others: iterations left and whether that is
  // more than one, its first instruction and that one's number.
  logic [LEVEL_BITS-1:0] level_q;
  logic [LEVEL_BITS-1:0] below;
  logic more_q;
  logic [39:0] left_q;
  logic [PC_BITS:0] top_q;
  logic [63:0] top_instruction_q;
  (* ram_style = "distributed" *)
  logic [STACK_BITS-1:0] stack_q [0:DEPTH-1];
  logic [STACK_BITS-1:0] outer;

  logic execute;
  logic advance;
  logic loop_again;
  logic stack_fault;
  logic stops;
  logic bad_immediate;

  // First stage.
  assign after = use_second_q ? second_q : read_q[64*after_q[LANE_BITS-1:0]+:64];
  assign next = loop_again ? top_instruction_q : after;
  assign pc_next = loop_again ? top_q : after_q;

  always_ff @(posedge clk_i) begin
    if (write_valid_i) memory_q[write_line_i] <= write_data_i;
  end
  logic [PC_BITS:0] ahead;  // the instruction after the next
  assign ahead = pc_next + 1'b1;
  always_ff @(posedge clk_i) begin
    if (advance) read_q <= memory_q[ahead[PC_BITS-1:LANE_BITS]];
  end

  always_ff @(posedge clk_i) begin
    if (write_valid_i && write_line_i == '0) second_q <= write_data_i[127:64];
    if (clear_i) use_second_q <= 1'b1;
    else if (advance) use_second_q <= 1'b0;
  end

  logic decode;
  logic [63:0] decoded;  // what the second stage executes next
  logic [7:0] opcode;
  logic good;
  assign decode = running_q ? advance : write_valid_i && write_line_i == '0;
  assign decoded = running_q ? next : write_data_i[63:0];
  assign opcode = decoded[sat_isa::FIELD_OPCODE_LSB+:sat_isa::FIELD_OPCODE_WIDTH];
  assign good = decoded[55:53] == '0 && decoded[47:45] == '0 && opcode <= sat_isa::OP_RUN &&
                (!running_q || 16'(pc_next) < count_q);
  always_ff @(posedge clk_i) begin
    if (decode) begin
      good_q    <= good;
      rd_q      <= decoded[sat_isa::FIELD_RD_LSB+:5];
      rs_q      <= decoded[sat_isa::FIELD_RS_LSB+:5];
      imm_q     <= decoded[sat_isa::FIELD_IMM_LSB+:sat_isa::FIELD_IMM_WIDTH];
      is_halt_q <= good && opcode == sat_isa::OP_HALT;
      is_set_q  <= good && opcode == sat_isa::OP_SET;
      is_add_q  <= good && opcode == sat_isa::OP_ADD;
      is_addr_q <= good && opcode == sat_isa::OP_ADDR;
      is_xor_q  <= good && opcode == sat_isa::OP_XOR;
      is_loop_q <= good && opcode == sat_isa::OP_LOOP;
      is_end_q  <= good && opcode == sat_isa::OP_END;
      is_wait_q <= good && opcode == sat_isa::OP_WAIT;
      is_post_q <= good && opcode == sat_isa::OP_POST;
      is_run_q  <= good && opcode == sat_isa::OP_RUN;
    end
  end

  // Second stage.
  assign stack_fault = (is_loop_q && level_q == LEVEL_BITS'(DEPTH)) || (is_end_q && level_q == '0);
  assign stops = !good_q || stack_fault;
  // An instruction with a bad immediate is executed once more, so that the check is not in the way of the next address.
  assign bad_immediate =
      (is_loop_q && (imm_q == '0 || imm_q[39])) ||
      ((is_wait_q || is_post_q) && (imm_q == '0 || imm_q[39:8] != '0 || rd_q[4]));
  assign error_o = running_q && (stops || bad_immediate);
  assign execute = running_q && !stops;

  assign wait_valid_o = running_q && is_wait_q;
  assign wait_semaphore_o = rd_q[3:0];
  assign wait_amount_o = imm_q[7:0];
  assign post_valid_o = running_q && is_post_q;
  assign post_semaphore_o = rd_q[3:0];
  assign post_amount_o = imm_q[7:0];
  assign op_valid_o = running_q && is_run_q;
  assign op_params_o = registers_q;
  assign op_flags_o = imm_q[sat_isa::RUN_FLAGS_LSB+:sat_isa::RUN_FLAGS_WIDTH];
  assign op_tokens_o = imm_q[14:0];
  assign halt_o = running_q && is_halt_q;
  assign idle_o = !running_q;
  assign pc_o = 16'(pc_q);

  assign advance = execute && !(is_wait_q && !wait_grant_i) && !(is_run_q && !op_ready_i) && !is_halt_q;
  assign loop_again = is_end_q && more_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      running_q <= 1'b0;
      count_q   <= rst_ni ? count_i : '0;
      pc_q      <= '0;
      after_q   <= (PC_BITS + 1)'(1);
    end else begin
      if (go_i) running_q <= count_q != '0;
      else if (halt_o || error_o) running_q <= 1'b0;
      if (advance) begin  // never with go_i, which is known late
        pc_q    <= pc_next;
        after_q <= ahead;
      end
    end
  end

  // Register instructions share one adder.
  assign rs_value = written_q[rs_q] ? copy_q[rs_q] : '0;
  assign added_value = written_q[imm_q[4:0]] ? copy_q[imm_q[4:0]] : '0;
  assign operand = is_addr_q ? added_value : imm_q;
  always_comb begin
    if (is_set_q) result = imm_q;
    else if (is_xor_q) result = rs_value ^ imm_q;
    else result = rs_value + operand;
  end
  assign write_register = running_q && (is_set_q || is_add_q || is_addr_q || is_xor_q);

  always_ff @(posedge clk_i) begin
    if (write_register) copy_q[rd_q] <= result;
  end
  for (genvar i = 0; i < 32; i++) begin : gen_register
    always_ff @(posedge clk_i) begin
      if (!rst_ni || clear_i) begin
        registers_q[40*i+:40] <= '0;
        written_q[i] <= 1'b0;
      end else if (write_register && rd_q == 5'(i)) begin
        registers_q[40*i+:40] <= result;
        written_q[i] <= 1'b1;
      end
    end
  end

  assign below = level_q - 1'b1;
  assign outer = stack_q[below[LEVEL_BITS-2:0]];
  always_ff @(posedge clk_i) begin
    if (execute && is_loop_q) begin
      stack_q[level_q[LEVEL_BITS-2:0]] <= {more_q, left_q, top_q, top_instruction_q};
    end
  end
  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      level_q <= '0;
    end else if (execute && is_loop_q) begin
      level_q <= level_q + 1'b1;
      more_q <= imm_q > 40'd1;
      left_q <= imm_q;
      top_q <= after_q;
      top_instruction_q <= after;
    end else if (execute && is_end_q) begin
      if (more_q) begin
        more_q <= left_q > 40'd2;
        left_q <= left_q - 40'd1;
      end else begin
        level_q <= below;
        {more_q, left_q, top_q, top_instruction_q} <= outer;
      end
    end
  end
endmodule

`default_nettype wire
