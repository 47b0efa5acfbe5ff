// 1:2 weights in the format of 2:4, as SAT holds them and SORE writes them.
#pragma once

#include "runtime/nm/packed_matrix.hpp"

namespace satsim::nm {

// Makes one group of four of two groups of two: pair j of group G is the pair of group 2G + j, and an index
// of an odd group is 2 higher. Where there is no odd group the second pair is padding. Other patterns stay as
// they are. Throws std::invalid_argument for planes of the wrong size.
void store_one_of_two(PackedMatrix& packed);

}  // namespace satsim::nm
