-- Names for calls of EMSMDB that Wireshark shows as "Unknown operation" (MS-OXCRPC 3.1.4), and
-- for the wait of AsyncEMSMDB, whose presentation context is 1 in captures of anywhere_sim.
-- Use: wireshark -X lua_script:emsmdb.lua outside.pcap

local names = {
    [10] = "EcDoConnectEx", [11] = "EcDoRpcExt2", [14] = "EcDoAsyncConnectEx",
}
local opnum = Field.new("mapi.opnum")
local any_opnum, context = Field.new("dcerpc.opnum"), Field.new("dcerpc.cn_ctx_id")
local kind = Field.new("dcerpc.pkt_type")

local emsmdb = Proto("emsmdb_names", "Names of EMSMDB calls")
local shown = ProtoField.string("emsmdb_names.call", "Call")
emsmdb.fields = { shown }

local function add(name, what, info, tree)
    tree:add(emsmdb):add(shown, name .. " " .. what)
    info.cols.info:append(" [" .. name .. " " .. what .. "]")
end

function emsmdb.dissector(buffer, info, tree)
    local number, of_any, where, what = opnum(), any_opnum(), context(), kind()
    if not what then
        return
    end
    local direction = what.value == 0 and "request" or "response"
    if number and names[number.value] then
        add(names[number.value], direction, info, tree)
    elseif what.value == 0 and of_any and of_any.value == 0 and where and where.value == 1 then
        add("EcDoAsyncWaitEx", direction, info, tree)
    end
end

register_postdissector(emsmdb)
