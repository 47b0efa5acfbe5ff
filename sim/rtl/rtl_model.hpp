// One verilated configuration behind a common face; the parts that do not depend on it.
#pragma once

#include <filesystem>
#include <memory>

#include "runtime/support/types.hpp"
#include "sim/rtl/memory_port.hpp"
#include "sim/rtl/recorder.hpp"

namespace satsim::sim::rtl {

struct RunRequest {
    std::int64_t header_line = 0;
    Cycles limit = 0;             // cycles
    int seed = 1;                 // of the initial contents of registers and memories
    std::filesystem::path waves;  // FST file of all signals; empty: none
};

class RtlModel {
  public:
    virtual ~RtlModel() = default;
    // From reset to the end of the program. Throws RtlError.
    virtual void run(const RunRequest& request, MemoryPort& port, Recorder& recorder) = 0;
    [[nodiscard]] virtual bool has_waves() const = 0;
};

[[nodiscard]] std::unique_ptr<RtlModel> make_model_4x4();
[[nodiscard]] std::unique_ptr<RtlModel> make_model_8x8();
[[nodiscard]] std::unique_ptr<RtlModel> make_model_32x32();  // where SATSIM_RTL_32X32 is on
[[nodiscard]] std::unique_ptr<RtlModel> make_model_4x16();

}  // namespace satsim::sim::rtl
