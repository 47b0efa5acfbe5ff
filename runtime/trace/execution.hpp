// What one run of one program did, in cycles: the record that the cycle model and the RTL must agree on.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "runtime/support/types.hpp"
#include "sat_isa.hpp"

namespace satsim {

// One RUN on one engine. Cycles are absolute, from the program's cycle 0; docs/architecture/contract.md
// defines them.
struct OperationRecord {
    Cycles start = 0;    // dispatch
    Cycles release = 0;  // push_early tokens
    Cycles end = 0;      // push_end token
    bool operator==(const OperationRecord&) const = default;
};

struct MemoryCounters {
    std::int64_t activates = 0;   // per gang; times the channels for devices
    std::int64_t read_lines = 0;  // lines of 64 bytes * channels
    std::int64_t write_lines = 0;
    std::int64_t refreshes = 0;
    bool operator==(const MemoryCounters&) const = default;
};

struct ExecutionCounters {
    std::int64_t mac_slots = 0;  // sum over GEMM operations of G*n*sr*sc*R*C (MAC slots, idle slots excluded)
    std::int64_t west_words = 0;         // 8-byte words read from the west buffers
    std::int64_t north_lines_bytes = 0;  // bytes read from the north value and index buffers
    std::int64_t result_writes = 0;      // 4-byte values written to the result buffer
    std::int64_t result_reads = 0;       // 4-byte values read from it
    std::int64_t load_words =
        0;  // 8-byte words written into on-chip memories by LOAD; WEST_QUADS counts all four rows
    std::int64_t vector_elements = 0;  // elements times micro-operations executed by VEC
    std::int64_t vmem_words = 0;       // 8-byte words of VMEM read or written by VEC, or read by STORE
    std::int64_t cmem_values = 0;      // 4-byte values of VEC's CMEM read or written
    bool operator==(const ExecutionCounters&) const = default;
};

struct Execution {
    Cycles start = 0;  // first instruction executes (contract.md §2)
    Cycles end = 0;    // last cycle in which anything happened
    std::array<std::vector<OperationRecord>, isa::kEngines>
        operations;  // in dispatch order; empty if not recorded
    std::array<Cycles, isa::kEngines>
        busy{};              // cycles in which the engine had an operation between start and end
    bool nonfinite = false;  // STORE or VEC met an infinite or NaN result (STATUS); known only where data is
    MemoryCounters memory;
    ExecutionCounters counters;
    [[nodiscard]] Cycles cycles() const { return end + 1; }
};

}  // namespace satsim
