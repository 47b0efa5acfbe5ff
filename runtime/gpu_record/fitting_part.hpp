// Work that is larger than a device's memory: a part of it is measured, as a program would run it that takes
// one part after the other.
#pragma once

#include "runtime/gpu_record/recording.hpp"

namespace satsim::gpu {

struct FittingPart {
    Work work;
    double share = 1;  // of the whole
};

// The work itself where its operands and results take at most `room` bytes, else as many of its products,
// samples or rows as do. Throws InputError naming the work where not even one does; `device` is for that
// text.
[[nodiscard]] FittingPart fitting_part(const Work& work, Bytes room, const std::string& device);

// What the whole would take of which `part` was measured: everything over its share.
[[nodiscard]] Measurement whole_of(Measurement part, double share);

}  // namespace satsim::gpu
