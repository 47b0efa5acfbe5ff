// The micro-programs of the vector engine: what every lane does in a slot of an operation; docs/architecture/vector.md §4.
//
// Without a clock. A slot computes  r1 = after(a*b + c)  and, beside it,  r0 = x + y.  Sources are one-hot; no bit set is +0:
// bit 0 VMEM operand, 1..4 T0..T3, 5 and 6 CMEM banks 0 and 1, 7 constant register, 8 the neutral value (a, c: -0; b: 1).
`default_nettype none

module vec_program (
    /// Operation.
    input  wire logic [7:0] op_i,
    /// Slot of the block, from 0; slots beyond the program do nothing.
    input  wire logic [5:0] slot_i,
    /// There is such an operation.
    output logic            known_o,
    /// Its slots.
    output logic [5:0]      slots_o,
    /// Its slots that write a result to VMEM.
    output logic [2:0]      writes_o,
    /// Its VMEM operands are FP32.
    output logic            wide_in_o,
    /// The flag WIDE makes them so.
    output logic            wide_flag_o,
    /// Its results are FP32.
    output logic            wide_out_o,
    /// A VMEM operand is read.
    output logic            read_o,
    /// Which: 0..3 for a..d.
    output logic [1:0]      operand_o,
    /// Source of a.
    output logic [8:0]      a_o,
    /// Source of b.
    output logic [8:0]      b_o,
    /// Source of c.
    output logic [8:0]      c_o,
    /// Source of x: bit 0 a's source, bit 1 T0, bit 2 -0.
    output logic [2:0]      x_o,
    /// Source of y: bit 0 CMEM bank 0, bit 1 -0.
    output logic [1:0]      y_o,
    /// a counts where T0 is above zero; otherwise it is +0.
    output logic            gate_o,
    /// The sign of a is turned.
    output logic            minus_o,
    /// After: values below zero become +0.
    output logic            relu_o,
    /// The same, where the flag RELU is set.
    output logic            relu_flag_o,
    /// After: the sign is turned.
    output logic            negate_o,
    /// Constant register of a and b.
    output logic [3:0]      constant_o,
    /// Constant register of c; with `decay_o` of b where the old weight was pruned and the flag DECAY is set.
    output logic [3:0]      constant2_o,
    /// b is the decay.
    output logic            decay_o,
    /// Temporaries that take r1.
    output logic [3:0]      write_o,
    /// FOLD: T0 and the result take r0 instead.
    output logic            fold_o,
    /// A result goes to VMEM.
    output logic            out_o,
    /// Which: 0..4 for o0..o4.
    output logic [2:0]      result_o,
    /// CMEM is read at k1, otherwise at k0.
    output logic            cm_k1_o,
    /// CMEM index: 0 slice, 1 slice*16 + row of the block, 2 row, 3 row*16 + slot.
    output logic [1:0]      cm_index_o,
    /// CMEM banks that take r0 and r1, at the place that is read.
    output logic [1:0]      cm_write_o,
    /// The same at k1 + row.
    output logic            cm_store_o,
    /// An accumulation: FIRST applies.
    output logic            accumulate_o,
    /// r1 goes to SORE as an old weight.
    output logic            rank_o,
    /// r1 goes to SORE to be packed.
    output logic            pack_o,
    /// The result is a weight gradient, or a sum of them: it is looked at, whether it is finite.
    output logic            check_o,
    /// Division a / b or square root of a, in the first four slots that it takes.
    output logic            special_o,
    /// Which of them: square root.
    output logic            root_o,
    /// Number of the slot of those.
    output logic [1:0]      phase_o
);
  localparam logic [8:0] M = 9'h001;
  localparam logic [8:0] T0 = 9'h002;
  localparam logic [8:0] T1 = 9'h004;
  localparam logic [8:0] T2 = 9'h008;
  localparam logic [8:0] T3 = 9'h010;
  localparam logic [8:0] BANK0 = 9'h020;
  localparam logic [8:0] BANK1 = 9'h040;
  localparam logic [8:0] S = 9'h080;
  localparam logic [8:0] NEUTRAL = 9'h100;
  localparam logic [2:0] X_A = 3'b001;
  localparam logic [2:0] X_T0 = 3'b010;
  localparam logic [2:0] X_NEUTRAL = 3'b100;
  localparam logic [1:0] Y_BANK0 = 2'b01;
  localparam logic [1:0] Y_NEUTRAL = 2'b10;
  localparam logic [1:0] SLICE = 2'd0;
  localparam logic [1:0] POSITION = 2'd1;
  localparam logic [1:0] ROW = 2'd2;
  localparam logic [1:0] ROW_SLOT = 2'd3;

  always_comb begin
    known_o = 1'b1;
    slots_o = '0;
    writes_o = '0;
    wide_in_o = 1'b0;
    wide_flag_o = 1'b0;
    wide_out_o = 1'b0;
    read_o = 1'b0;
    operand_o = '0;
    a_o = NEUTRAL;
    b_o = NEUTRAL;
    c_o = NEUTRAL;
    x_o = X_NEUTRAL;
    y_o = Y_NEUTRAL;
    gate_o = 1'b0;
    minus_o = 1'b0;
    relu_o = 1'b0;
    relu_flag_o = 1'b0;
    negate_o = 1'b0;
    constant_o = '0;
    constant2_o = '0;
    decay_o = 1'b0;
    write_o = '0;
    fold_o = 1'b0;
    out_o = 1'b0;
    result_o = '0;
    cm_k1_o = 1'b0;
    cm_index_o = SLICE;
    cm_write_o = '0;
    cm_store_o = 1'b0;
    accumulate_o = 1'b0;
    rank_o = 1'b0;
    pack_o = 1'b0;
    check_o = 1'b0;
    special_o = 1'b0;
    root_o = 1'b0;
    phase_o = '0;
    case (op_i)
      sat_isa::VEC_OP_RELU: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_RELU);
        writes_o = 3'(sat_isa::VEC_WRITES_RELU);
        case (slot_i)
          6'd0: begin  // o0 = relu(a)
            read_o = 1'b1; operand_o = 2'd0; a_o = M; relu_o = 1'b1; out_o = 1'b1; result_o = 3'd0;
          end
          default: ;
        endcase
      end
      sat_isa::VEC_OP_RELU_GRAD: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_RELU_GRAD);
        writes_o = 3'(sat_isa::VEC_WRITES_RELU_GRAD);
        case (slot_i)
          6'd0: begin  // T0 = b
            read_o = 1'b1; operand_o = 2'd1; a_o = M; write_o = 4'b0001;
          end
          6'd1: begin  // o0 = gate(a, T0)
            read_o = 1'b1; operand_o = 2'd0; a_o = M; gate_o = 1'b1; out_o = 1'b1; result_o = 3'd0;
          end
          default: ;
        endcase
      end
      sat_isa::VEC_OP_ADD: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_ADD);
        writes_o = 3'(sat_isa::VEC_WRITES_ADD);
        case (slot_i)
          6'd0: begin  // T0 = a
            read_o = 1'b1; operand_o = 2'd0; a_o = M; write_o = 4'b0001;
          end
          6'd1: begin  // o0 = T0 + b
            read_o = 1'b1; operand_o = 2'd1; a_o = T0; c_o = M; relu_flag_o = 1'b1; out_o = 1'b1; result_o = 3'd0;
          end
          default: ;
        endcase
      end
      sat_isa::VEC_OP_BIAS: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_BIAS);
        writes_o = 3'(sat_isa::VEC_WRITES_BIAS);
        case (slot_i)
          6'd0: begin  // o0 = a + K0[k0]
            read_o = 1'b1; operand_o = 2'd0; a_o = M; c_o = BANK0; relu_flag_o = 1'b1; out_o = 1'b1; result_o = 3'd0;
          end
          default: ;
        endcase
      end
      sat_isa::VEC_OP_BN_APPLY: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_BN_APPLY);
        writes_o = 3'(sat_isa::VEC_WRITES_BN_APPLY);
        case (slot_i)
          6'd0: begin  // o0 = a*K0[k0] + K1[k0]
            read_o = 1'b1; operand_o = 2'd0; a_o = M; b_o = BANK0; c_o = BANK1; relu_flag_o = 1'b1; out_o = 1'b1;
            result_o = 3'd0;
          end
          default: ;
        endcase
      end
      sat_isa::VEC_OP_BN_GRAD_APPLY: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_BN_GRAD_APPLY);
        writes_o = 3'(sat_isa::VEC_WRITES_BN_GRAD_APPLY);
        case (slot_i)
          6'd0: begin  // T0 = b*K0[k0] + K1[k0]
            read_o = 1'b1; operand_o = 2'd1; a_o = M; b_o = BANK0; c_o = BANK1; write_o = 4'b0001;
          end
          6'd1: begin  // o0 = a*K0[k1] + T0
            read_o = 1'b1; operand_o = 2'd0; a_o = M; b_o = BANK0; c_o = T0; cm_k1_o = 1'b1; out_o = 1'b1;
            result_o = 3'd0;
          end
          default: ;
        endcase
      end
      sat_isa::VEC_OP_ACCUMULATE: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_ACCUMULATE);
        writes_o = 3'(sat_isa::VEC_WRITES_ACCUMULATE);
        wide_flag_o = 1'b1;
        case (slot_i)
          6'd0: begin  // acc0 += a
            read_o = 1'b1; operand_o = 2'd0; a_o = M; x_o = X_A; cm_write_o = 2'b01; y_o = Y_BANK0;
            cm_index_o = POSITION; accumulate_o = 1'b1;
          end
          default: ;
        endcase
      end
      sat_isa::VEC_OP_BN_STATS: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_BN_STATS);
        writes_o = 3'(sat_isa::VEC_WRITES_BN_STATS);
        case (slot_i)
          6'd0: begin  // acc0 += a, acc1 += a*a
            read_o = 1'b1; operand_o = 2'd0; a_o = M; b_o = M; c_o = BANK1; x_o = X_A; cm_write_o = 2'b11;
            y_o = Y_BANK0; cm_index_o = POSITION; accumulate_o = 1'b1;
          end
          default: ;
        endcase
      end
      sat_isa::VEC_OP_BN_GRAD_STATS: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_BN_GRAD_STATS);
        writes_o = 3'(sat_isa::VEC_WRITES_BN_GRAD_STATS);
        case (slot_i)
          6'd0: begin  // T0 = b*K0[k1] + K1[k1]
            read_o = 1'b1; operand_o = 2'd1; a_o = M; b_o = BANK0; c_o = BANK1; cm_k1_o = 1'b1; write_o = 4'b0001;
          end
          6'd1: begin  // acc0 += a, acc1 += a*T0
            read_o = 1'b1; operand_o = 2'd0; a_o = M; b_o = T0; c_o = BANK1; x_o = X_A; cm_write_o = 2'b11;
            y_o = Y_BANK0; cm_index_o = POSITION; accumulate_o = 1'b1;
          end
          default: ;
        endcase
      end
      sat_isa::VEC_OP_COEFFICIENTS: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_COEFFICIENTS);
        writes_o = 3'(sat_isa::VEC_WRITES_COEFFICIENTS);
        wide_in_o = 1'b1;
        case (slot_i)
          6'd0: begin  // K0[k0] = a
            read_o = 1'b1; operand_o = 2'd0; a_o = M; x_o = X_A; cm_index_o = ROW; cm_write_o = 2'b01;
          end
          6'd1: begin  // K1[k0] = b
            read_o = 1'b1; operand_o = 2'd1; a_o = M; cm_index_o = ROW; cm_write_o = 2'b10;
          end
          default: ;
        endcase
      end
      sat_isa::VEC_OP_FOLD: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_FOLD);
        writes_o = 3'(sat_isa::VEC_WRITES_FOLD);
        wide_out_o = 1'b1;
        case (slot_i)
          6'd0: begin  // T0, T1 = acc0[0], acc1[0]
            y_o = Y_BANK0; c_o = BANK1; cm_index_o = ROW_SLOT; write_o = 4'b0011; fold_o = 1'b1;
          end
          6'd15: begin  // o0 = T0 + acc0[15] (check); K0[k1], K1[k1] = T0, T1
            x_o = X_T0; a_o = T1; cm_store_o = 1'b1; y_o = Y_BANK0; c_o = BANK1; cm_index_o = ROW_SLOT;
            write_o = 4'b0011; fold_o = 1'b1; out_o = 1'b1; result_o = 3'd0; check_o = 1'b1;
          end
          6'd16: begin  // o1 = T1
            a_o = T1; out_o = 1'b1; result_o = 3'd1;
          end
          default: begin  // T0 += acc0[j], T1 += acc1[j]
            x_o = X_T0; a_o = T1; y_o = Y_BANK0; c_o = BANK1; cm_index_o = ROW_SLOT; write_o = 4'b0011; fold_o = 1'b1;
          end
        endcase
      end
      sat_isa::VEC_OP_BN_FINAL: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_BN_FINAL);
        writes_o = 3'(sat_isa::VEC_WRITES_BN_FINAL);
        wide_in_o = 1'b1;
        wide_out_o = 1'b1;
        case (slot_i)
          6'd0: begin  // o0 = T0 = K0[k0]*s0
            a_o = BANK0; b_o = S; constant_o = 4'd0; write_o = 4'b0001; cm_index_o = ROW; out_o = 1'b1;
            result_o = 3'd0;
          end
          6'd1: begin  // T1 = K1[k0]*s0
            a_o = BANK1; b_o = S; constant_o = 4'd0; write_o = 4'b0010; cm_index_o = ROW;
          end
          6'd2: begin  // T1 = relu(T1 - T0*T0)
            a_o = T0; minus_o = 1'b1; b_o = T0; c_o = T1; relu_o = 1'b1; write_o = 4'b0010;
          end
          6'd3: begin  // T1 = T1 + s1
            a_o = T1; c_o = S; constant2_o = 4'd1; write_o = 4'b0010;
          end
          6'd4, 6'd5, 6'd6, 6'd7: begin  // T1 = sqrt(T1)
            a_o = T1; special_o = 1'b1; root_o = 1'b1; phase_o = 2'(slot_i - 6'd4); write_o = 4'b0010;
          end
          6'd9, 6'd10, 6'd11, 6'd12: begin  // o1 = T1 = s2/T1
            a_o = S; constant_o = 4'd2; b_o = T1; special_o = 1'b1; phase_o = 2'(slot_i - 6'd9); write_o = 4'b0010;
            out_o = 1'b1; result_o = 3'd1;
          end
          6'd14: begin  // o2 = T2 = a*T1
            read_o = 1'b1; operand_o = 2'd0; a_o = M; b_o = T1; write_o = 4'b0100; out_o = 1'b1; result_o = 3'd2;
          end
          6'd15: begin  // o3 = b - T0*T2
            read_o = 1'b1; operand_o = 2'd1; a_o = T0; minus_o = 1'b1; b_o = T2; c_o = M; out_o = 1'b1;
            result_o = 3'd3;
          end
          6'd16: begin  // o4 = -(T0*T1)
            a_o = T0; b_o = T1; negate_o = 1'b1; out_o = 1'b1; result_o = 3'd4;
          end
          default: ;
        endcase
      end
      sat_isa::VEC_OP_BN_GRAD_FINAL: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_BN_GRAD_FINAL);
        writes_o = 3'(sat_isa::VEC_WRITES_BN_GRAD_FINAL);
        wide_in_o = 1'b1;
        wide_out_o = 1'b1;
        case (slot_i)
          6'd0: begin  // o0 = K0[k0]
            a_o = BANK0; cm_index_o = ROW; out_o = 1'b1; result_o = 3'd0;
          end
          6'd1: begin  // o1 = K1[k0]
            a_o = BANK1; cm_index_o = ROW; out_o = 1'b1; result_o = 3'd1;
          end
          6'd2: begin  // T0 = K1[k0]*s0
            a_o = BANK1; b_o = S; constant_o = 4'd0; write_o = 4'b0001; cm_index_o = ROW;
          end
          6'd3: begin  // T1 = K0[k0]*s0
            a_o = BANK0; b_o = S; constant_o = 4'd0; write_o = 4'b0010; cm_index_o = ROW;
          end
          6'd4: begin  // T2 = a*T0
            read_o = 1'b1; operand_o = 2'd0; a_o = M; b_o = T0; write_o = 4'b0100;
          end
          6'd5: begin  // o2 = -(b*T2)
            read_o = 1'b1; operand_o = 2'd1; a_o = M; b_o = T2; negate_o = 1'b1; out_o = 1'b1; result_o = 3'd2;
          end
          6'd6: begin  // T1 = a*T1
            read_o = 1'b1; operand_o = 2'd0; a_o = M; b_o = T1; write_o = 4'b0010;
          end
          6'd7: begin  // o3 = -(c*T2 + T1)
            read_o = 1'b1; operand_o = 2'd2; a_o = M; b_o = T2; c_o = T1; negate_o = 1'b1; out_o = 1'b1;
            result_o = 3'd3;
          end
          default: ;
        endcase
      end
      sat_isa::VEC_OP_SGD: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_SGD);
        writes_o = 3'(sat_isa::VEC_WRITES_SGD);
        wide_in_o = 1'b1;
        wide_out_o = 1'b1;
        case (slot_i)
          6'd0: begin  // T0 = c
            read_o = 1'b1; operand_o = 2'd2; a_o = M; write_o = 4'b0001; rank_o = 1'b1;
          end
          6'd1: begin  // T1 = a*s0 (check)
            read_o = 1'b1; operand_o = 2'd0; a_o = M; b_o = S; constant_o = 4'd0; write_o = 4'b0010; check_o = 1'b1;
          end
          6'd2: begin  // T2 = b*s2
            read_o = 1'b1; operand_o = 2'd1; a_o = M; b_o = S; constant_o = 4'd2; write_o = 4'b0100;
          end
          6'd3: begin  // T1 = T0*decay + T1
            a_o = T0; b_o = S; c_o = T1; constant_o = 4'd1; constant2_o = 4'd9; decay_o = 1'b1; write_o = 4'b0010;
          end
          6'd4: begin  // o1 = T1 = T2 + T1
            a_o = T2; c_o = T1; write_o = 4'b0010; out_o = 1'b1; result_o = 3'd1;
          end
          6'd5: begin  // o0 = T0 - T1*s3
            a_o = T1; minus_o = 1'b1; b_o = S; c_o = T0; constant_o = 4'd3; pack_o = 1'b1; out_o = 1'b1;
            result_o = 3'd0;
          end
          default: ;
        endcase
      end
      sat_isa::VEC_OP_ADAM: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_ADAM);
        writes_o = 3'(sat_isa::VEC_WRITES_ADAM);
        wide_in_o = 1'b1;
        wide_out_o = 1'b1;
        case (slot_i)
          6'd0: begin  // T0 = c
            read_o = 1'b1; operand_o = 2'd2; a_o = M; write_o = 4'b0001; rank_o = 1'b1;
          end
          6'd1: begin  // T1 = a*s0 (check)
            read_o = 1'b1; operand_o = 2'd0; a_o = M; b_o = S; constant_o = 4'd0; write_o = 4'b0010; check_o = 1'b1;
          end
          6'd2: begin  // T2 = b*s2
            read_o = 1'b1; operand_o = 2'd1; a_o = M; b_o = S; constant_o = 4'd2; write_o = 4'b0100;
          end
          6'd3: begin  // T1 = T0*decay + T1
            a_o = T0; b_o = S; c_o = T1; constant_o = 4'd1; constant2_o = 4'd9; decay_o = 1'b1; write_o = 4'b0010;
          end
          6'd4: begin  // o1 = T2 = T1*s3 + T2
            a_o = T1; b_o = S; c_o = T2; constant_o = 4'd3; write_o = 4'b0100; out_o = 1'b1; result_o = 3'd1;
          end
          6'd5: begin  // T3 = d*s4
            read_o = 1'b1; operand_o = 2'd3; a_o = M; b_o = S; constant_o = 4'd4; write_o = 4'b1000;
          end
          6'd6: begin  // T1 = T1*T1
            a_o = T1; b_o = T1; write_o = 4'b0010;
          end
          6'd7: begin  // o2 = T3 = T1*s5 + T3
            a_o = T1; b_o = S; c_o = T3; constant_o = 4'd5; write_o = 4'b1000; out_o = 1'b1; result_o = 3'd2;
          end
          6'd8, 6'd9, 6'd10, 6'd11: begin  // T3 = sqrt(T3)
            a_o = T3; special_o = 1'b1; root_o = 1'b1; phase_o = slot_i[1:0]; write_o = 4'b1000;
          end
          6'd13: begin  // T3 = T3*s6 + s7
            a_o = T3; b_o = S; c_o = S; constant_o = 4'd6; constant2_o = 4'd7; write_o = 4'b1000;
          end
          6'd14, 6'd15, 6'd16, 6'd17: begin  // T2 = T2/T3
            a_o = T2; b_o = T3; special_o = 1'b1; phase_o = 2'(slot_i - 6'd14); write_o = 4'b0100;
          end
          6'd19: begin  // o0 = T0 - T2*s8
            a_o = T2; minus_o = 1'b1; b_o = S; c_o = T0; constant_o = 4'd8; pack_o = 1'b1; out_o = 1'b1;
            result_o = 3'd0;
          end
          default: ;
        endcase
      end
      sat_isa::VEC_OP_ADAMW: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_ADAMW);
        writes_o = 3'(sat_isa::VEC_WRITES_ADAMW);
        wide_in_o = 1'b1;
        wide_out_o = 1'b1;
        case (slot_i)
          6'd0: begin  // T0 = c
            read_o = 1'b1; operand_o = 2'd2; a_o = M; write_o = 4'b0001; rank_o = 1'b1;
          end
          6'd1: begin  // T1 = a*s0 (check)
            read_o = 1'b1; operand_o = 2'd0; a_o = M; b_o = S; constant_o = 4'd0; write_o = 4'b0010; check_o = 1'b1;
          end
          6'd2: begin  // T2 = b*s2
            read_o = 1'b1; operand_o = 2'd1; a_o = M; b_o = S; constant_o = 4'd2; write_o = 4'b0100;
          end
          6'd3: begin  // T1 = T0*decay + T1
            a_o = T0; b_o = S; c_o = T1; constant_o = 4'd1; constant2_o = 4'd9; decay_o = 1'b1; write_o = 4'b0010;
          end
          6'd4: begin  // o1 = T2 = T1*s3 + T2
            a_o = T1; b_o = S; c_o = T2; constant_o = 4'd3; write_o = 4'b0100; out_o = 1'b1; result_o = 3'd1;
          end
          6'd5: begin  // T3 = d*s4
            read_o = 1'b1; operand_o = 2'd3; a_o = M; b_o = S; constant_o = 4'd4; write_o = 4'b1000;
          end
          6'd6: begin  // T1 = T1*T1
            a_o = T1; b_o = T1; write_o = 4'b0010;
          end
          6'd7: begin  // o2 = T3 = T1*s5 + T3
            a_o = T1; b_o = S; c_o = T3; constant_o = 4'd5; write_o = 4'b1000; out_o = 1'b1; result_o = 3'd2;
          end
          6'd8, 6'd9, 6'd10, 6'd11: begin  // T3 = sqrt(T3)
            a_o = T3; special_o = 1'b1; root_o = 1'b1; phase_o = slot_i[1:0]; write_o = 4'b1000;
          end
          6'd13: begin  // T3 = T3*s6 + s7
            a_o = T3; b_o = S; c_o = S; constant_o = 4'd6; constant2_o = 4'd7; write_o = 4'b1000;
          end
          6'd14, 6'd15, 6'd16, 6'd17: begin  // T2 = T2/T3
            a_o = T2; b_o = T3; special_o = 1'b1; phase_o = 2'(slot_i - 6'd14); write_o = 4'b0100;
          end
          6'd19: begin  // T0 = T0*s10
            a_o = T0; b_o = S; constant_o = 4'd10; write_o = 4'b0001;
          end
          6'd20: begin  // o0 = T0 - T2*s8
            a_o = T2; minus_o = 1'b1; b_o = S; c_o = T0; constant_o = 4'd8; pack_o = 1'b1; out_o = 1'b1;
            result_o = 3'd0;
          end
          default: ;
        endcase
      end
      sat_isa::VEC_OP_PACK: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_PACK);
        writes_o = 3'(sat_isa::VEC_WRITES_PACK);
        wide_flag_o = 1'b1;
        case (slot_i)
          6'd0: begin  // pack a
            read_o = 1'b1; operand_o = 2'd0; a_o = M; pack_o = 1'b1;
          end
          default: ;
        endcase
      end
      sat_isa::VEC_OP_CONVERT: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_CONVERT);
        writes_o = 3'(sat_isa::VEC_WRITES_CONVERT);
        wide_in_o = 1'b1;
        case (slot_i)
          6'd0: begin  // o0 = fp16(a)
            read_o = 1'b1; operand_o = 2'd0; a_o = M; out_o = 1'b1; result_o = 3'd0;
          end
          default: ;
        endcase
      end
      sat_isa::VEC_OP_SUM: begin
        slots_o = 6'(sat_isa::VEC_SLOTS_SUM);
        writes_o = 3'(sat_isa::VEC_WRITES_SUM);
        wide_in_o = 1'b1;
        wide_out_o = 1'b1;
        case (slot_i)
          6'd0: begin  // T0 = a
            read_o = 1'b1; operand_o = 2'd0; a_o = M; write_o = 4'b0001;
          end
          6'd1: begin  // o0 = T0 + b (check)
            read_o = 1'b1; operand_o = 2'd1; a_o = T0; c_o = M; out_o = 1'b1; result_o = 3'd0; check_o = 1'b1;
          end
          default: ;
        endcase
      end
      default: known_o = 1'b0;
    endcase
  end
endmodule

`default_nettype wire
