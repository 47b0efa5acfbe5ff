// A card behind XRT's native C++ interface. Compiled here against XRT 2.13, never run: there is no card.
#include <fmt/format.h>

#include <xrt/xrt_bo.h>
#include <xrt/xrt_device.h>
#include <xrt/xrt_kernel.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>
#include <vector>

#include "host/card/card.hpp"
#include "runtime/support/error.hpp"

namespace satsim::card {
namespace {

// The kernel opened for itself alone: only then does XRT let its registers be read and written.
struct Opened {
    xrt::device device;
    xrt::kernel kernel;
};

class XrtRegisters : public RegisterPort {
  public:
    explicit XrtRegisters(std::shared_ptr<Opened> opened) : opened_(std::move(opened)) {}
    std::uint32_t read(std::uint32_t offset) override { return opened_->kernel.read_register(offset); }
    void write(std::uint32_t offset, std::uint32_t value) override {
        opened_->kernel.write_register(offset, value);
    }
    double seconds() override {
        return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    }
    void pause(double seconds) override {
        std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    }

  private:
    std::shared_ptr<Opened> opened_;
};

class XrtMemory : public BankMemory {
  public:
    explicit XrtMemory(std::shared_ptr<Opened> opened) : opened_(std::move(opened)) {}
    void allocate(int banks, std::int64_t bytes_each) override {
        buffers_.clear();
        for (int bank = 0; bank < banks; ++bank) {
            try {
                // Argument i is the pointer of channel i: the bank that the link configuration gave to its
                // master.
                buffers_.emplace_back(opened_->device, static_cast<std::size_t>(bytes_each),
                                      opened_->kernel.group_id(bank));
            } catch (const std::exception& error) {
                throw InputError(
                    "memory", "",
                    fmt::format("{} bytes in bank {} cannot be had: {}", bytes_each, bank, error.what()));
            }
            std::ranges::fill(bytes(bank), std::uint8_t{0});
        }
    }
    std::uint64_t address(int bank) const override {
        return buffers_[static_cast<std::size_t>(bank)].address();
    }
    std::span<std::uint8_t> bytes(int bank) override {
        xrt::bo& buffer = buffers_[static_cast<std::size_t>(bank)];
        return {buffer.map<std::uint8_t*>(), buffer.size()};
    }
    void to_card() override {
        for (xrt::bo& buffer : buffers_) buffer.sync(XCL_BO_SYNC_BO_TO_DEVICE);
    }
    void from_card() override {
        for (xrt::bo& buffer : buffers_) buffer.sync(XCL_BO_SYNC_BO_FROM_DEVICE);
    }

  private:
    std::shared_ptr<Opened> opened_;
    std::vector<xrt::bo> buffers_;
};

bool is_number(const std::string& text) {
    return !text.empty() && text.size() < 5 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Card open_card(const CardChoice& choice) {
    std::error_code code;
    if (!std::filesystem::is_regular_file(choice.xclbin, code))
        throw InputError(choice.xclbin, "", "cannot be read, expected the .xclbin that v++ has linked");
    const auto opened = std::make_shared<Opened>();
    const auto attempt = [](const std::string& what, const auto& action) {
        try {
            action();
        } catch (const std::exception& error) {
            throw InputError(what, "", error.what());
        }
    };
    attempt("--device " + choice.device, [&] {
        opened->device = is_number(choice.device)
                             ? xrt::device(static_cast<unsigned>(std::stoul(choice.device)))
                             : xrt::device(choice.device);
    });
    xrt::uuid binary;
    attempt(choice.xclbin, [&] { binary = opened->device.load_xclbin(choice.xclbin); });
    attempt("--kernel " + choice.kernel, [&] {
        opened->kernel =
            xrt::kernel(opened->device, binary, choice.kernel, xrt::kernel::cu_access_mode::exclusive);
    });
    return {opened->device.get_info<xrt::info::device::name>(), std::make_unique<XrtRegisters>(opened),
            std::make_unique<XrtMemory>(opened)};
}

}  // namespace satsim::card
