// The shape of Android's org.json, as far as the kit uses it, over kotlinx.serialization. Android's own reader is laxer.
package org.json

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.booleanOrNull
import kotlinx.serialization.json.doubleOrNull
import kotlinx.serialization.json.intOrNull
import kotlinx.serialization.json.longOrNull
import kotlinx.serialization.json.JsonArray as Items
import kotlinx.serialization.json.JsonObject as Pairs

class JSONException(message: String) : Exception(message)

class JSONArray internal constructor(private val items: Items) {
    constructor(text: String) : this(parsed(text) as? Items ?: throw JSONException("no array"))

    fun length(): Int = items.size

    operator fun get(index: Int): Any = read(items[index])
}

class JSONObject internal constructor(private val pairs: Pairs) {
    constructor(text: String) : this(parsed(text) as? Pairs ?: throw JSONException("no object"))

    fun keys(): Iterator<String> = pairs.keys.iterator()

    operator fun get(name: String): Any = read(pairs.getValue(name))

    companion object {
        @JvmField
        val NULL: Any = Any()
    }
}

private fun parsed(text: String): JsonElement =
    try {
        Json.parseToJsonElement(text)
    } catch (error: IllegalArgumentException) {
        throw JSONException(error.message.orEmpty())
    }

private fun read(value: JsonElement): Any = when (value) {
    is Items -> JSONArray(value)
    is Pairs -> JSONObject(value)
    is JsonNull -> JSONObject.NULL
    is JsonPrimitive ->
        if (value.isString) value.content
        else value.booleanOrNull ?: value.intOrNull ?: value.longOrNull ?: value.doubleOrNull ?: value.content
}
