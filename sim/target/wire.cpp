#include "sim/target/wire.hpp"

#include <cstring>
#include <stdexcept>
#include <type_traits>

namespace satsim::sat {
namespace {

template <typename T>
void put(Bytes8& out, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
    out.insert(out.end(), bytes, bytes + sizeof value);
}

class Reader {
  public:
    explicit Reader(const Bytes8& bytes) : bytes_(bytes) {}
    template <typename T>
    void get(T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        if (bytes_.size() - at_ < sizeof value) throw std::logic_error("a worker's result is too short");
        std::memcpy(&value, bytes_.data() + at_, sizeof value);
        at_ += sizeof value;
    }
    [[nodiscard]] bool done() const { return at_ == bytes_.size(); }

  private:
    const Bytes8& bytes_;
    std::size_t at_ = 0;
};

}  // namespace

Bytes8 to_wire(const SimulationResult& result) {
    Bytes8 out;
    put(out, result.simulated);
    put(out, result.schedule.has_value());
    if (result.schedule) put(out, *result.schedule);
    const Execution& e = result.execution;
    put(out, e.start);
    put(out, e.end);
    put(out, e.busy);
    put(out, e.memory);
    put(out, e.counters);
    for (const auto& records : e.operations) {
        put(out, static_cast<std::uint64_t>(records.size()));
        for (const OperationRecord& record : records) put(out, record);
    }
    return out;
}

SimulationResult from_wire(const Bytes8& bytes) {
    Reader in(bytes);
    SimulationResult result;
    bool scheduled = false;
    in.get(result.simulated);
    in.get(scheduled);
    if (scheduled) in.get(result.schedule.emplace());
    Execution& e = result.execution;
    in.get(e.start);
    in.get(e.end);
    in.get(e.busy);
    in.get(e.memory);
    in.get(e.counters);
    for (auto& records : e.operations) {
        std::uint64_t count = 0;
        in.get(count);
        for (std::uint64_t i = 0; i < count; ++i) in.get(records.emplace_back());
    }
    if (!in.done()) throw std::logic_error("a worker's result is too long");
    return result;
}

}  // namespace satsim::sat
