#include "runtime/gzip/gzip.hpp"

#include <zlib.h>

#include <array>
#include <limits>
#include <streambuf>

#include "runtime/support/atomic_file.hpp"
#include "runtime/support/error.hpp"

namespace satsim {
namespace {

// zlib's own reader, which passes on what is not compressed.
class GzipBuffer final : public std::streambuf {
  public:
    explicit GzipBuffer(const std::filesystem::path& file) : name_(file.string()) {
        std::error_code code;
        if (std::filesystem::is_directory(file, code))
            throw InputError(name_, "", "is a folder, expected a file");
        file_ = gzopen(name_.c_str(), "rb");
        if (file_ == nullptr) throw InputError(name_, "", "cannot be opened for reading");
    }
    GzipBuffer(const GzipBuffer&) = delete;
    GzipBuffer& operator=(const GzipBuffer&) = delete;
    ~GzipBuffer() override { (void)gzclose(file_); }

  protected:
    int_type underflow() override {
        const int count = gzread(file_, buffer_.data(), static_cast<unsigned>(buffer_.size()));
        int code = Z_OK;
        (void)gzerror(file_, &code);
        if (count < 0 || (code != Z_OK && code != Z_STREAM_END))
            throw InputError(name_, "", "is damaged or ends early, expected a whole gzip file");
        if (count == 0) return traits_type::eof();
        setg(buffer_.data(), buffer_.data(), buffer_.data() + count);
        return traits_type::to_int_type(buffer_[0]);
    }

  private:
    std::string name_;
    gzFile file_ = nullptr;
    std::array<char, 1 << 16> buffer_{};
};

class GzipStream final : public std::istream {
  public:
    explicit GzipStream(const std::filesystem::path& file) : std::istream(nullptr), buffer_(file) {
        rdbuf(&buffer_);
        exceptions(std::ios::badbit);  // what the buffer throws comes through
    }

  private:
    GzipBuffer buffer_;
};

}  // namespace

std::string gzipped(std::string_view text) {
    constexpr int kGzip = 15 + 16;  // the largest window, and gzip's header
    constexpr int kMemory = 8;
    if (text.size() > std::numeric_limits<uInt>::max())
        throw InputError("gzip", "", "the text is larger than 4 GiB");
    z_stream stream{};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::bad_alloc();
    std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
    // zlib does not write to its input.
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int code = deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    (void)deflateEnd(&stream);
    if (code != Z_STREAM_END) throw InputError("gzip", "", "compression failed");
    return out;
}

std::size_t write_text(const std::filesystem::path& file, std::string_view text) {
    const std::string compressed = file.extension() == ".gz" ? gzipped(text) : "";
    const std::string_view contents = file.extension() == ".gz" ? compressed : text;
    write_file_atomically(file, contents);
    return contents.size();
}

std::unique_ptr<std::istream> open_text(const std::filesystem::path& file) {
    return std::make_unique<GzipStream>(file);
}

}  // namespace satsim
