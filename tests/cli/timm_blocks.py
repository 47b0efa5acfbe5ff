"""More structures of timm's models (timm_structures.py): attention in convolutional networks, mixers by pooling, gates."""
import torch
import torch.nn.functional as F
from torch import nn

from timm_structures import LayerNorm2d, PatchEmbed


class Net(nn.Module):
    """Stem, a block of `d` channels that subclasses define as body(), mean and classifier."""

    def __init__(self, d=16):
        super().__init__()
        self.stem, self.fc = nn.Conv2d(3, d, 3, 2, 1), nn.Linear(d, 10)

    def forward(self, x):
        return self.fc(self.body(F.relu(self.stem(x))).mean((2, 3)))


class Eca(Net):
    """ECA: one-dimensional convolution over the channels' means."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 1, 3, padding=1, bias=False)

    def body(self, x):
        y = self.conv(x.mean((2, 3)).view(x.shape[0], 1, -1)).view(x.shape[0], -1, 1, 1).sigmoid()
        return x * y.expand_as(x)


class Gc(Net):
    """Global context: a softmax over positions weighs the map."""

    def __init__(self):
        super().__init__()
        self.attn, self.mlp1, self.ln, self.mlp2 = nn.Conv2d(16, 1, 1), nn.Conv2d(16, 8, 1), LayerNorm2d(8), nn.Conv2d(8, 16, 1)

    def body(self, x):
        b, c, h, w = x.shape
        attention = F.softmax(self.attn(x).reshape(b, 1, h * w), dim=-1).unsqueeze(3)
        context = (x.reshape(b, c, h * w).unsqueeze(1) @ attention).view(b, c, 1, 1)
        return x + self.mlp2(F.relu(self.ln(self.mlp1(context))))


class Sk(Net):
    """SKNet: softmax among two branches."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.reduce, self.bn, self.select = nn.Conv2d(16, 16, 3, padding=1), nn.Conv2d(16, 16, 3, padding=2, dilation=2), nn.Conv2d(16, 8, 1, bias=False), nn.BatchNorm2d(8), nn.Conv2d(8, 32, 1, bias=False)

    def body(self, x):
        x = torch.stack([self.a(x), self.b(x)], dim=1)
        y = self.select(F.relu(self.bn(self.reduce(x.sum(1).mean((2, 3), keepdim=True)))))
        y = torch.softmax(y.view(y.shape[0], 2, 16, 1, 1), dim=1)
        return torch.sum(x * y, dim=1)


class ResNest(Net):
    """ResNeSt: split attention over the radix of a grouped convolution."""

    def __init__(self):
        super().__init__()
        self.conv, self.bn0, self.fc1, self.bn1, self.fc2 = nn.Conv2d(16, 32, 3, padding=1, groups=2, bias=False), nn.BatchNorm2d(32), nn.Conv2d(16, 8, 1), nn.BatchNorm2d(8), nn.Conv2d(8, 32, 1)

    def body(self, x):
        x = F.relu(self.bn0(self.conv(x)))
        b, rc, h, w = x.shape
        x = x.reshape((b, 2, rc // 2, h, w))
        y = self.fc2(F.relu(self.bn1(self.fc1(x.sum(dim=1).mean((2, 3), keepdim=True)))))
        y = F.softmax(y.view(b, 1, 2, -1).transpose(1, 2), dim=1).reshape(b, -1).view(b, -1, 1, 1)
        return (x * y.reshape((b, 2, rc // 2, 1, 1))).sum(dim=1)


class Blur(Net):
    """Anti-aliased pooling: a fixed filter for every channel after reflected padding."""

    def __init__(self):
        super().__init__()
        row = torch.tensor([0.25, 0.5, 0.25])
        self.register_buffer("filt", (row[:, None] * row[None, :])[None, None].repeat(16, 1, 1, 1), persistent=False)

    def body(self, x):
        return F.conv2d(F.pad(x, (1, 1, 1, 1), "reflect"), self.filt, stride=2, groups=16)


class TResNet(nn.Module):
    """TResNet: space to depth before the stem, leaky ReLU."""

    def __init__(self):
        super().__init__()
        self.stem, self.bn, self.fc = nn.Conv2d(48, 16, 3, padding=1), nn.BatchNorm2d(16), nn.Linear(16, 10)

    def forward(self, x):
        b, c, h, w = x.size()
        x = x.view(b, c, h // 4, 4, w // 4, 4).permute(0, 3, 5, 1, 2, 4).contiguous().view(b, c * 16, h // 4, w // 4)
        return self.fc(F.leaky_relu(self.bn(self.stem(x)), 1e-3).mean((2, 3)))


class MobileVit(Net):
    """MobileViT: patches unfolded into tokens that see the same pixel of other patches, and back."""

    def __init__(self):
        super().__init__()
        self.norm, self.qkv, self.proj, self.fuse = nn.LayerNorm(16), nn.Linear(16, 48), nn.Linear(16, 16), nn.Conv2d(32, 16, 3, padding=1)

    def body(self, x):
        b, c, h, w = x.shape
        nh, nw = h // 2, w // 2
        y = x.reshape(b * c * nh, 2, nw, 2).transpose(1, 2).reshape(b, c, nh * nw, 4).transpose(1, 3).reshape(b * 4, nh * nw, c)
        q, k, v = self.qkv(self.norm(y)).reshape(b * 4, nh * nw, 3, 2, 8).permute(2, 0, 3, 1, 4).unbind(0)
        y = y + self.proj(((q * 0.35 @ k.transpose(-2, -1)).softmax(-1) @ v).transpose(1, 2).reshape(b * 4, nh * nw, c))
        y = y.contiguous().view(b, 4, nh * nw, -1).transpose(1, 3).reshape(b * c * nh, nw, 2, 2).transpose(1, 2).reshape(b, c, h, w)
        return self.fuse(torch.cat((x, y), dim=1))


class MobileVit2(Net):
    """MobileViT V2: linear attention by softmax and sums over positions."""

    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.Conv2d(16, 33, 1), nn.Conv2d(16, 16, 1)

    def body(self, x):
        query, key, value = self.qkv(x).split([1, 16, 16], dim=1)
        context = (key * F.softmax(query, dim=-1)).sum(dim=-1, keepdim=True)
        return x + self.out(F.relu(value) * context.expand_as(value))


class Focal(Net):
    """FocalNet: gated sum of contexts of growing size."""

    def __init__(self):
        super().__init__()
        self.f, self.c1, self.c2, self.h, self.proj = nn.Conv2d(16, 35, 1), nn.Conv2d(16, 16, 3, padding=1, groups=16), nn.Conv2d(16, 16, 5, padding=2, groups=16), nn.Conv2d(16, 16, 1), nn.Conv2d(16, 16, 1)

    def body(self, x):
        q, ctx, gates = torch.split(self.f(x), [16, 16, 3], 1)
        ctx_all = 0
        for level, conv in enumerate((self.c1, self.c2)):
            ctx = F.gelu(conv(ctx))
            ctx_all = ctx_all + ctx * gates[:, level:level + 1]
        ctx_all = ctx_all + F.gelu(ctx.mean((2, 3), keepdim=True)) * gates[:, 2:]
        return self.proj(q * self.h(ctx_all))


class Ghost(Net):
    """GhostNet: half of the channels by a cheap depthwise convolution, cut to size."""

    def __init__(self):
        super().__init__()
        self.primary, self.cheap = nn.Conv2d(16, 9, 1, bias=False), nn.Conv2d(9, 9, 3, padding=1, groups=9, bias=False)

    def body(self, x):
        y = F.relu(self.primary(x))
        return x + torch.cat([y, F.relu(self.cheap(y))], dim=1)[:, :16, :, :]


class PoolFormer(Net):
    """PoolFormer: average pooling minus itself mixes tokens; group normalisation of all channels; scale for each channel."""

    def __init__(self):
        super().__init__()
        self.norm, self.scale = nn.GroupNorm(1, 16), nn.Parameter(torch.ones(16))

    def body(self, x):
        y = self.norm(x)
        return x + (F.avg_pool2d(y, 3, 1, 1, count_include_pad=False) - y) * self.scale.view(16, 1, 1)


class ConVit(nn.Module):
    """ConViT: gated mix of content and position attention, divided by its sum."""

    def __init__(self, d=32, heads=4):
        super().__init__()
        self.embed, self.heads, self.qk, self.v, self.proj, self.head = PatchEmbed(d), heads, nn.Linear(d, 2 * d, bias=False), nn.Linear(d, d, bias=False), nn.Linear(d, d), nn.Linear(d, 10)
        self.pos_proj, self.gating = nn.Linear(3, heads), nn.Parameter(torch.ones(heads))
        self.register_buffer("rel", torch.zeros(1, 16, 16, 3), persistent=False)

    def forward(self, x):
        x = self.embed(x)
        b, n, c = x.shape
        q, k = self.qk(x).reshape(b, n, 2, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        position = self.pos_proj(self.rel.expand(b, -1, -1, -1)).permute(0, 3, 1, 2).softmax(dim=-1)
        content = (q @ k.transpose(-2, -1) * 0.35).softmax(dim=-1)
        gating = torch.sigmoid(self.gating.view(1, -1, 1, 1))
        attention = (1.0 - gating) * content + gating * position
        attention = attention / attention.sum(dim=-1).unsqueeze(-1)
        v = self.v(x).reshape(b, n, self.heads, c // self.heads).permute(0, 2, 1, 3)
        return self.head((x + self.proj((attention @ v).transpose(1, 2).reshape(b, n, c))).mean(1))


class MaxVit(Net):
    """MaxViT: attention inside blocks and over a grid, on images that are cut up and put together."""

    def __init__(self):
        super().__init__()
        self.block, self.grid, self.norm, self.norm2 = nn.Linear(16, 48), nn.Linear(16, 48), nn.LayerNorm(16), nn.LayerNorm(16)

    @staticmethod
    def attend(x, qkv):
        p, a, b, c = x.shape
        q, k, v = qkv(x.view(p, a * b, c)).view(p, a * b, 2, 24).transpose(1, 2).chunk(3, dim=3)
        return ((q * 0.35) @ k.transpose(-2, -1)).softmax(-1) @ v

    def body(self, x):
        x = x.permute(0, 2, 3, 1)
        b, h, w, c = x.shape
        y = self.norm(x).view(b, h // 4, 4, w // 4, 4, c).permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, 4, 4, c)
        y = self.attend(y, self.block).transpose(1, 2).reshape(-1, 4, 4, c)
        x = x + y.view(b, h // 4, w // 4, 4, 4, c).permute(0, 1, 3, 2, 4, 5).contiguous().view(b, h, w, c)
        y = self.norm2(x).view(b, 4, h // 4, 4, w // 4, c).permute(0, 2, 4, 1, 3, 5).contiguous().view(-1, 4, 4, c)
        y = self.attend(y, self.grid).transpose(1, 2).reshape(-1, 4, 4, c)
        x = x + y.view(b, h // 4, w // 4, 4, 4, c).permute(0, 3, 1, 4, 2, 5).contiguous().view(b, h, w, c)
        return x.permute(0, 3, 1, 2)


class HrNet(Net):
    """HRNet: branches of two sizes, joined after nearest resizing and by a strided convolution."""

    def __init__(self):
        super().__init__()
        self.down, self.up, self.again = nn.Conv2d(16, 32, 3, 2, 1, bias=False), nn.Conv2d(32, 16, 1, bias=False), nn.Conv2d(16, 32, 3, 2, 1, bias=False)

    def body(self, x):
        low = F.relu(self.down(x))
        high = F.relu(x + F.interpolate(self.up(low), scale_factor=2, mode="nearest"))
        return torch.cat([high, F.interpolate(self.again(high) + low, size=high.shape[-2:], mode="bilinear", align_corners=False)], 1)[:, :16]


class Inception(Net):
    """Inception V4: 1x7 and 7x1 convolutions, average pooling without padding's zeros, concatenation."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(16, 6, (1, 7), padding=(0, 3)), nn.Conv2d(6, 6, (7, 1), padding=(3, 0)), nn.Conv2d(16, 5, 1)

    def body(self, x):
        return torch.cat((self.b(F.relu(self.a(x))), self.c(F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)), x[:, 3:8]), 1)


class RepVgg(Net):
    """RepVGG: three branches, one of them batch normalisation alone."""

    def __init__(self):
        super().__init__()
        self.c3, self.b3, self.c1, self.b1, self.identity = nn.Conv2d(16, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.Conv2d(16, 16, 1, bias=False), nn.BatchNorm2d(16), nn.BatchNorm2d(16)

    def body(self, x):
        return F.relu(self.b3(self.c3(x)) + self.b1(self.c1(x)) + self.identity(x))


class BotNet(Net):
    """Bottleneck attention (BoTNet, HaloNet's kin): relative position logits by products, padding and reshaping."""

    def __init__(self):
        super().__init__()
        self.qkv, self.height, self.width = nn.Conv2d(16, 48, 1, bias=False), nn.Parameter(torch.zeros(31, 8)), nn.Parameter(torch.ones(31, 8))

    @staticmethod
    def logits(q, table, mask):
        b, h, w, _ = q.shape
        x = (q @ table.transpose(-1, -2)).reshape(-1, w, 2 * w - 1)
        x = F.pad(F.pad(x, [0, 1]).flatten(1), [0, w - 1]).reshape(-1, w + 1, 2 * w - 1)[:, :w, w - 1:]
        return x.reshape(b, h, 1, w, w).expand(-1, -1, h, -1, -1).permute(mask)

    def body(self, x):
        b, c, h, w = x.shape
        q, k, v = torch.split(self.qkv(x), [16, 16, 16], dim=1)
        q = q.reshape(b * 2, 8, h * w).transpose(-1, -2)
        attention = q @ k.reshape(b * 2, 8, h * w) * 0.35
        q = q.reshape(b * 2, h, w, 8)
        attention = attention + (self.logits(q, self.width, (0, 1, 3, 2, 4)) + self.logits(q.transpose(1, 2), self.height, (0, 3, 1, 4, 2))).reshape(b * 2, h * w, h * w)
        return (attention.softmax(-1) @ v.reshape(b * 2, 8, h * w).transpose(-1, -2)).transpose(-1, -2).reshape(b, 16, h, w)
